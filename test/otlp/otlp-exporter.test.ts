import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { configurationOf } from "../../src/otlp/configuration.js";
import { resolveOptions } from "../../src/otlp/options.js";
import { OtlpExporter } from "../../src/otlp/otlp-exporter.js";
import { OtlpTransport } from "../../src/otlp/otlp-transport.js";
import { BARE_RECORD } from "../fixtures/arbitrary-records.js";
import { LocalServer } from "../fixtures/local-server.js";
import { accepted, OtlpServer } from "../fixtures/otlp-server.js";
import { until } from "../fixtures/until.js";

test.each(["http/protobuf", "http/json"] as const)(
  "requests that run side by side do not write into each other's memory, in %s",
  async (protocol) => {
    const waiting: ServerResponse[] = [];
    await using server = await OtlpServer.start((response) => void waiting.push(response));
    const url = new URL(server.url);
    const exporter = new OtlpExporter(
      configurationOf(resolveOptions({ url, protocol }).http),
      "otlp",
      undefined,
    );
    const send = (body: string) =>
      new Promise((done) => exporter.export([{ ...BARE_RECORD, body }], done));
    for (let round = 0; round < 3; round++) {
      const texts = ["a", "b", "c"].map((letter) => letter.repeat(10 ** (5 - round)));
      const sent = texts.map(send);
      await until(() => waiting.length === 3);
      for (const response of waiting.splice(0)) accepted(response);
      for (const result of sent) expect(await result).toEqual({ code: 0 });
      const bodies = server.records.slice(-3).map(({ body }) => body);
      expect(bodies.sort()).toEqual(texts);
    }
    await exporter.shutdown();
  },
);

test("the memory of a request is free when all of it was sent, and not when it was only answered", async () => {
  let isRead = true;
  await using server = await LocalServer.start(async (request, response) => {
    if (isRead) request.resume();
    response.end();
  });
  const url = new URL(server.origin);
  const transport = new OtlpTransport(configurationOf(resolveOptions({ url }).http));
  expect(await transport.send(Buffer.alloc(1000))).toMatchObject({ status: 200, isSent: true });
  isRead = false; // more than the system takes for a server that does not read
  const unread = await transport.send(Buffer.alloc(100_000_000));
  expect(unread).toMatchObject({ status: 200, isSent: false });
  await transport.shutdown();
});
