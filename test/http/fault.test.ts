import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { faultText } from "../../src/http/fault.js";
import { LocalServer } from "../fixtures/local-server.js";

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the reason of a failure", () => {
  test("names every address of a host that refuses a connection", async () => {
    const port = await closedPort();
    const socket = connect({
      host: "localhost",
      port,
      autoSelectFamily: true,
      lookup: (_, __, done) =>
        done(null, [
          { address: "127.0.0.1", family: 4 },
          { address: "127.0.0.2", family: 4 },
        ]),
    });
    const [error] = (await once(socket, "error")) as [AggregateError];
    expect(error.message).toBe("");
    expect(faultText(error)).toBe(
      `connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });

  test("of a failed fetch is in its cause", async () => {
    const port = await closedPort();
    const error = await fetch(`http://127.0.0.1:${port}`).catch((cause: unknown) => cause);
    expect(faultText(error)).toBe(`fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  test("of a fault of TLS is without a place in the code of OpenSSL, and on one line", async () => {
    await using server = await LocalServer.start(async (_, response) => void response.end());
    const socket = connectTls({ host: "127.0.0.1", port: Number(new URL(server.origin).port) });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toMatch(/\n$/);
    expect(faultText(error)).toMatch(/^TLS: [a-z ]+$/);
  });

  test.each<[reason: string, error: unknown]>([
    ["no room", new Error("no room")],
    ["no room", "no room"],
    ["HTTP 500: no room", new Error("HTTP 500: no room", { cause: new Error("no room") })],
    ["sending: no room", new Error("sending", { cause: new Error("no room") })],
    ["no room", new AggregateError([new Error("no room"), new Error("no room")])],
    ["ENOSPC", Object.assign(new Error(), { code: "ENOSPC" })],
    ["a b", new Error("a\r\n\u001b\u2028b\n")],
    ["", new Error()],
    ["", undefined],
    ["", null],
    ["", 7],
    ["", { message: "no error" }],
  ])("is %j", (reason, error) => {
    expect(faultText(error)).toBe(reason);
  });

  test("ends, for an error that causes itself, and for one that is long", () => {
    const error = new Error("again");
    error.cause = error;
    expect(faultText(error)).toBe("again");
    const many = Array.from({ length: 1000 }, (_, index) => new Error(`no. ${index}`));
    expect(faultText(new AggregateError(many)).length).toBeLessThan(500);
  });
});
