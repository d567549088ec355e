import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logsJson } from "../../src/otlp/logs-json.js";
import { finite, jsonObject, text } from "../fixtures/arbitrary-json.js";

/** Text that UTF-8 cannot hold too: half a surrogate pair. */
const anyText = fc.oneof(text, fc.constantFrom("\ud800", "a\udc00b", "\udc00\ud800"));

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(anyText, finite, fc.boolean()),
    fc.constantFrom(
      null,
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      Symbol("s"),
      () => "called",
    ),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(
      new Date(0),
      new Map([["a", 1]]),
      new Float64Array([1.5]),
      Object("boxed"),
      Object(1),
    ),
    fc.constant(Object.assign([1, 2], { [Symbol.iterator]: () => [3].values() })),
    fc.sparseArray(tie("value"), { maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(anyText, tie("value"), { maxKeys: 3 }),
    jsonObject,
  ),
}));

const attributes = fc.dictionary(anyText, value, { maxKeys: 5 }) as fc.Arbitrary<
  ReadableLogRecord["attributes"]
>;

const hrTime = fc.tuple(
  fc.oneof(fc.nat(), fc.double({ min: -10, max: 10, noNaN: true })),
  fc.oneof(fc.nat({ max: 999_999_999 }), fc.double({ min: -2e9, max: 2e9, noNaN: true })),
);

const spanContext = fc.record({
  traceId: fc.constant("0af7651916cd43dd8448eb211c80319c"),
  spanId: fc.constantFrom("b7ad6b7169203331", ""),
  traceFlags: fc.nat({ max: 1 }),
});

/** Few, so that records share them. */
const resources = fc.array(
  fc
    .tuple(
      fc.dictionary(anyText, fc.oneof(anyText, finite)),
      fc.oneof(anyText, fc.constant("none")),
    )
    .map(([attributes, schemaUrl]) =>
      schemaUrl === "none"
        ? resourceFromAttributes(attributes)
        : resourceFromAttributes(attributes, { schemaUrl }),
    ),
  { minLength: 1, maxLength: 3 },
);
const scopes = fc.array(
  fc.record(
    {
      name: anyText,
      version: anyText,
      schemaUrl: anyText,
      attributes: fc.option(attributes),
      droppedAttributesCount: fc.option(fc.nat()),
    },
    { requiredKeys: ["name"] },
  ),
  { minLength: 1, maxLength: 3 },
);

const batch: fc.Arbitrary<readonly ReadableLogRecord[]> = fc
  .tuple(resources, scopes)
  .chain(([some, others]) =>
    fc.array(
      fc.record(
        {
          hrTime,
          hrTimeObserved: hrTime,
          resource: fc.constantFrom(...some),
          instrumentationScope: fc.constantFrom(...others),
          attributes,
          droppedAttributesCount: fc.nat(),
          severityNumber: fc.constantFrom(0, 9, 24, Number.NaN),
          severityText: anyText,
          body: value,
          eventName: anyText,
          spanContext,
        },
        {
          requiredKeys: [
            "hrTime",
            "hrTimeObserved",
            "resource",
            "instrumentationScope",
            "attributes",
            "droppedAttributesCount",
          ],
        },
      ) as fc.Arbitrary<ReadableLogRecord>,
      { maxLength: 12 },
    ),
  );

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function stock(records: readonly ReadableLogRecord[]): string {
  return utf8.decode(JsonLogsSerializer.serializeRequest([...records]));
}

describe("a request in OTLP's JSON", () => {
  test("is what the stock serializer makes of any records, byte for byte", () => {
    fc.assert(
      fc.property(batch, (records) => {
        expect(utf8.decode(logsJson(records))).toBe(stock(records));
      }),
      { numRuns: 1000 },
    );
  });

  test("is the same for a batch of many pieces, of text that takes three bytes a unit", () => {
    const resource = resourceFromAttributes({ "service.name": "ledger" });
    const instrumentationScope = { name: "app" };
    const records = Array.from(
      { length: 1024 },
      (_, i): ReadableLogRecord => ({
        hrTime: [1_700_000_000, i],
        hrTimeObserved: [1_700_000_000, i],
        resource,
        instrumentationScope,
        attributes: { "governance.sequence": i },
        droppedAttributesCount: 0,
        body: `${"議事録".repeat(i)}\u{1f5f3}`,
      }),
    );
    const bytes = logsJson(records);
    expect(bytes.length).toBeGreaterThan(4_000_000);
    expect(utf8.decode(bytes) === stock(records)).toBe(true);
  });

  test("throws for a value that contains itself, as the stock serializer does", () => {
    const own: Record<string, unknown> = {};
    own.self = own;
    const record = {
      hrTime: [0, 0],
      hrTimeObserved: [0, 0],
      resource: resourceFromAttributes({}),
      instrumentationScope: { name: "app" },
      attributes: { own },
      droppedAttributesCount: 0,
    } as unknown as ReadableLogRecord;
    expect(() => stock([record])).toThrow(RangeError);
    expect(() => logsJson([record])).toThrow(RangeError);
  });
});
