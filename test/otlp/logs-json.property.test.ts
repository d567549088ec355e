import type { AnyValue, HrTime } from "@opentelemetry/api";
import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logsJson } from "../../src/otlp/logs-json.js";
import { BARE_RECORD as BARE, recordBatch } from "../fixtures/arbitrary-records.js";
import { runs } from "../fixtures/long-runs.js";

const hrTime: fc.Arbitrary<HrTime> = fc.tuple(
  fc.oneof(fc.nat(), fc.double({ min: -10, max: 10, noNaN: true })),
  fc.oneof(fc.nat({ max: 999_999_999 }), fc.double({ min: -2e9, max: 2e9, noNaN: true })),
);

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function stock(records: readonly ReadableLogRecord[]): string {
  return utf8.decode(JsonLogsSerializer.serializeRequest([...records]));
}

describe("a request in OTLP's JSON", () => {
  test("is what the stock serializer makes of any records, byte for byte", () => {
    fc.assert(
      fc.property(recordBatch(hrTime), (records) => {
        expect(utf8.decode(logsJson(records))).toBe(stock(records));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("is written into the given memory if it fits, and is the same wherever it is written", () => {
    const memories = fc.nat({ max: 4000 }).map((length) => Buffer.alloc(length, 0xff));
    fc.assert(
      fc.property(recordBatch(hrTime), memories, (records, memory) => {
        const bytes = logsJson(records, memory);
        expect(utf8.decode(bytes)).toBe(stock(records));
        expect(bytes.buffer === memory.buffer).toBe(bytes.length <= memory.length);
      }),
      { numRuns: runs(500) },
    );
  });

  test("is the same for a batch of megabytes, of text that takes three bytes a unit", () => {
    const records = Array.from(
      { length: 1024 },
      (_, i): ReadableLogRecord => ({
        ...BARE,
        hrTime: [1_700_000_000, i],
        attributes: { "governance.sequence": i },
        body: `${"議事録".repeat(i)}\u{1f5f3}`,
      }),
    );
    const bytes = logsJson(records);
    expect(bytes.length).toBeGreaterThan(4_000_000);
    expect(utf8.decode(bytes) === stock(records)).toBe(true);
  });

  test("holds a value that is 500 levels deep", () => {
    let deep: AnyValue = 1;
    for (let level = 0; level < 250; level++) deep = { deep: [deep] };
    const record = { ...BARE, body: deep };
    expect(utf8.decode(logsJson([record]))).toBe(stock([record]));
  });

  test("throws for a value that contains itself, as the stock serializer does", () => {
    const own: Record<string, AnyValue> = {};
    own["self"] = own;
    const record = { ...BARE, body: own };
    expect(() => stock([record])).toThrow(RangeError);
    expect(() => logsJson([record])).toThrow(RangeError);
  });
});
