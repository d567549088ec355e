import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { logsProtobuf } from "../../src/otlp/logs-protobuf.js";
import { recordBatch } from "../fixtures/arbitrary-records.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import { OTELCOL, pathOf } from "./programs.ts";
import { type CollectorWithFile, collectorWithFile } from "./running.ts";

const BATCHES = 200;

const path = pathOf(OTELCOL);

describe.skipIf(path === undefined)("what a real Collector reads", () => {
  let running: CollectorWithFile;

  beforeAll(async () => {
    running = await collectorWithFile(path ?? "");
  });
  afterAll(() => running?.stop());

  /** The requests that came while `send` ran, as the Collector wrote them. */
  async function arrived(count: number, send: () => Promise<void>): Promise<unknown[]> {
    const before = running.requests().length;
    await send();
    await vi.waitFor(() => expect(running.requests().length).toBe(before + count), {
      timeout: 60_000,
    });
    return running
      .requests()
      .slice(before)
      .map((request) => JSON.parse(request));
  }

  test("from our protobuf is what it reads from the stock serializer's, for any records", async () => {
    const hrTime = fc.tuple(fc.nat(), fc.nat({ max: 999_999_999 }));
    const batches = fc.sample(
      recordBatch(hrTime).filter(({ length }) => length > 0),
      BATCHES,
    );
    const requests = await arrived(2 * BATCHES, async () => {
      for (const batch of batches) {
        await post(running.url, logsProtobuf(batch));
        await post(running.url, ProtobufLogsSerializer.serializeRequest([...batch]));
      }
    });
    for (const [i, batch] of batches.entries())
      expect(requests[2 * i], fc.stringify(batch).slice(0, 2000)).toEqual(requests[2 * i + 1]);
  }, 300_000);

  test("of a log is the same in JSON and in protobuf", async () => {
    const requests = await arrived(2, async () => {
      await using audit = new GovernanceAuditLog({
        mirrors: [
          otlpMirror({ url: running.url }),
          otlpMirror({ url: running.url, protocol: "http/json", name: "json" }),
        ],
      });
      for (const { call } of OPERATION_CALLS) call(audit);
      audit.log({
        operation: "note_taken",
        details: {
          note: "議事録 👩🏽‍⚕️ \u0000\u2028",
          half: 0.5,
          large: Number.MAX_SAFE_INTEGER,
          negative: -(2 ** 40),
          yes: true,
          empty: "",
        },
      });
      await audit.flush();
    });
    expect(requests[0]).toEqual(requests[1]);
    expect(JSON.stringify(requests[0])).toContain("governance.note_taken");
  });
});

async function post(url: string, body: Uint8Array | undefined): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: body ?? expect.fail("nothing was written"),
  });
  expect(response.status, await response.text()).toBe(200);
}
