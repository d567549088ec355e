import type { AnyValue, HrTime } from "@opentelemetry/api";
import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logsProtobuf } from "../../src/otlp/logs-protobuf.js";
import { BARE_RECORD as BARE, recordBatch } from "../fixtures/arbitrary-records.js";
import { runs } from "../fixtures/long-runs.js";
import { decodedRequest } from "../fixtures/otlp-protobuf.js";

/** Whole and not negative: of other times, the stock serializer makes other ones. */
const wholeTime: fc.Arbitrary<HrTime> = fc.tuple(
  fc.oneof(
    fc.nat(),
    fc.maxSafeNat().map((n) => n % 18_446_744_073),
  ),
  fc.nat({ max: 999_999_999 }),
);

function stock(records: readonly ReadableLogRecord[]): Uint8Array {
  const bytes = ProtobufLogsSerializer.serializeRequest([...records]);
  return bytes ?? expect.fail("nothing was written");
}

/** The one record of a request, as it reads back. */
function readBack(fields: Partial<Record<keyof ReadableLogRecord, unknown>>): unknown {
  const record = { ...BARE, ...fields } as ReadableLogRecord;
  const request = decodedRequest(logsProtobuf([record]));
  return request.resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
}

describe("a request in protobuf", () => {
  test("says of any records what the stock serializer says", () => {
    fc.assert(
      fc.property(recordBatch(wholeTime), (records) => {
        expect(decodedRequest(logsProtobuf(records))).toEqual(decodedRequest(stock(records)));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("is written into the given memory if it fits, and says the same wherever it is written", () => {
    const memories = fc.nat({ max: 2000 }).map((length) => Buffer.alloc(length, 0xff));
    fc.assert(
      fc.property(recordBatch(wholeTime), memories, (records, memory) => {
        const bytes = logsProtobuf(records, memory);
        expect(bytes).toEqual(logsProtobuf(records));
        // the writer reserves the most that a text can take
        if (bytes.length * 3 + 10 < memory.length) expect(bytes.buffer).toBe(memory.buffer);
      }),
      { numRuns: runs(500) },
    );
  });

  test("says the same where a batch is larger than the buffer, and text takes three bytes a unit", () => {
    const records = Array.from({ length: 1024 }, (_, i) => ({
      ...BARE,
      hrTime: [1_700_000_000, i] satisfies HrTime,
      attributes: { "governance.sequence": i },
      body: `${"議事録".repeat(i)}\u{1f5f3}`,
    }));
    const bytes = logsProtobuf(records);
    expect(bytes.length).toBeGreaterThan(4_000_000);
    expect(decodedRequest(bytes)).toEqual(decodedRequest(stock(records)));
  });

  test("says the same of a long text that is 20 levels deep", () => {
    let deep: AnyValue = "long".repeat(10_000); // each level has a length of three bytes
    for (let level = 0; level < 10; level++) deep = { deep: [deep] };
    const record = { ...BARE, body: deep };
    expect(decodedRequest(logsProtobuf([record]))).toEqual(decodedRequest(stock([record])));
  });

  test("has the whole nanoseconds of any time, modulo 2^64", () => {
    const part = (max: number) =>
      fc.oneof(
        fc.integer({ min: -max, max }),
        fc.double({ min: -max, max, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
      );
    fc.assert(
      fc.property(part(Number.MAX_SAFE_INTEGER), part(2e9), (seconds, nanos) => {
        const sum = BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc(nanos));
        const expected = BigInt.asUintN(64, sum).toString();
        expect(
          readBack({ hrTime: [seconds, nanos], hrTimeObserved: [seconds, nanos] }),
        ).toMatchObject({ timeUnixNano: expected, observedTimeUnixNano: expected });
      }),
    );
  });

  test("has no id that is not so many hexadecimal digits, which a Collector would refuse", () => {
    const valid = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
    for (const { traceId, spanId } of [
      { traceId: valid.traceId.slice(2), spanId: valid.spanId.slice(1) },
      { traceId: valid.traceId.replace("f", "g"), spanId: valid.spanId.replace("b", "/") },
      { traceId: `${valid.traceId}00`, spanId: valid.spanId.replace("a", ":") },
    ])
      expect(readBack({ spanContext: { traceId, spanId, traceFlags: 1 } })).toMatchObject({
        traceId: [],
        spanId: [],
        flags: 1,
      });
    expect(readBack({ spanContext: { ...valid, traceFlags: 1 } })).toMatchObject({
      traceId: [...Buffer.from(valid.traceId, "hex")],
      spanId: [...Buffer.from(valid.spanId, "hex")],
    });
  });

  test("leaves out an event name and a severity text that are not text", () => {
    expect(readBack({ eventName: 7, severityText: { a: 1 } })).toMatchObject({
      eventName: "",
      severityText: "",
    });
  });

  test("has the right keys, also after more of them than it remembers", () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `key.${i}`);
    const attributes = Object.fromEntries(keys.map((key, i) => [key, i]));
    for (let round = 0; round < 2; round++)
      expect(readBack({ attributes })).toMatchObject({
        attributes: keys.map((key, i) => ({ key, value: { intValue: String(i) } })),
      });
  });
});

describe("the bytes of a request in protobuf", () => {
  const body = (text: string) => ({ ...BARE, body: text });

  test("are the caller's: a later call does not change them", () => {
    const first = logsProtobuf([body("first")]);
    const copy = Buffer.from(first);
    logsProtobuf([body("other")]);
    expect(first).toEqual(copy);
  });

  test("are right although a getter in a value makes another request meanwhile", () => {
    let inner = new Uint8Array();
    const attributes = {
      before: "a",
      get between() {
        inner = Uint8Array.from(logsProtobuf([body("inner")]));
        return "b";
      },
      after: "c",
    };
    const outer = decodedRequest(logsProtobuf([{ ...BARE, attributes }]));
    expect(outer).toEqual(
      decodedRequest(stock([{ ...BARE, attributes: { before: "a", between: "b", after: "c" } }])),
    );
    expect(decodedRequest(inner)).toEqual(decodedRequest(stock([body("inner")])));
  });

  test("are right after a call that threw: for a getter, or a value that contains itself", () => {
    const own: Record<string, unknown> = {};
    own["self"] = own;
    const failing = [
      { ...BARE, body: own },
      {
        ...BARE,
        body: {
          get fails(): never {
            throw new RangeError("no value");
          },
        },
      },
    ] as unknown as readonly ReadableLogRecord[];
    for (const record of failing) expect(() => logsProtobuf([record])).toThrow(RangeError);
    expect(() => stock(failing.slice(0, 1))).toThrow(RangeError);
    expect(decodedRequest(logsProtobuf([body("next")]))).toEqual(
      decodedRequest(stock([body("next")])),
    );
  });
});
