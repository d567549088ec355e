import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exportResponseOf } from "../../src/otlp/export-response.js";
import { runs } from "../fixtures/long-runs.js";
import { encodedResponse } from "../fixtures/otlp-protobuf.js";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
const NOTHING_REFUSED = { rejected: 0, message: "" };

const json = (text: string, contentType: string | undefined = JSON_TYPE) =>
  exportResponseOf(contentType, Buffer.from(text));
const protobuf = (...bytes: number[]) => exportResponseOf(PROTOBUF, Uint8Array.from(bytes));
const partial = (...bytes: number[]) => protobuf(0x0a, bytes.length, ...bytes);

test.each([undefined, "", JSON_TYPE, PROTOBUF, "text/plain"])(
  "an empty answer of type %s refuses nothing",
  (contentType) => {
    expect(exportResponseOf(contentType, new Uint8Array())).toEqual(NOTHING_REFUSED);
  },
);

describe("a JSON answer", () => {
  test.each([" \r\n", "{}", '\ufeff{"partialSuccess":null}', '{"accepted":12}'])(
    "%j refuses nothing",
    (text) => {
      expect(json(text)).toEqual(NOTHING_REFUSED);
    },
  );

  test.each([
    ['{"partialSuccess":{}}', 0, "no reason given"],
    ['{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow down"}}', 0, "slow down"],
    ['{"partialSuccess":{"rejectedLogRecords":3,"errorMessage":""}}', 3, "no reason given"],
    ['{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"trop âgé"}}', 3, "trop âgé"],
    ['{"partial_success":{"rejected_log_records":"3","error_message":"old"}}', 3, "old"],
  ])("%s refuses that many", (text, rejected, message) => {
    expect(json(text)).toEqual({ rejected, message });
  });

  test.each([
    "<html>please log in</html>",
    "[]",
    "null",
    "{",
    '{"partialSuccess":"all refused"}',
    '{"partialSuccess":[]}',
    ...['"many"', '""', "true", "[]", "-1", "1.5", '"9007199254740993"'].map(
      (count) => `{"partialSuccess":{"rejectedLogRecords":${count}}}`,
    ),
  ])("%s is not one of OTLP", (text) => {
    expect(json(text)).toBeUndefined();
  });
});

describe("a protobuf answer", () => {
  test("says how many records were refused, and why", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.string({ unit: "grapheme", minLength: 1 }),
        (rejectedLogRecords, errorMessage) => {
          const bytes = encodedResponse({ partialSuccess: { rejectedLogRecords, errorMessage } });
          expect(exportResponseOf(PROTOBUF, bytes)).toEqual({
            rejected: rejectedLogRecords,
            message: errorMessage,
          });
        },
      ),
    );
  });

  test("may leave both out", () => {
    expect(partial()).toEqual({ rejected: 0, message: "no reason given" });
    expect(partial(0x08, 3)).toEqual({ rejected: 3, message: "no reason given" });
    expect(partial(0x12, 1, 0x61)).toEqual({ rejected: 0, message: "a" });
  });

  test("may have unknown fields of every kind, in the answer and in the partial success", () => {
    const unknown = [
      [0x78, 0x96, 0x01], // field 15: a varint,
      [0x79, 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits,
      [0x7a, 2, 0xff, 0xff], // two bytes,
      [0x7d, 1, 2, 3, 4], // 32 bits
      [0xf8, 0xff, 0xff, 0xff, 0x0f, 0], // the highest number of a field
    ].flat();
    expect(protobuf(...unknown)).toEqual(NOTHING_REFUSED);
    const inside = [...unknown, 0x08, 2, ...unknown, 0x12, 1, 0x61, ...unknown];
    expect(protobuf(...unknown, 0x0a, inside.length, ...inside, ...unknown)).toEqual({
      rejected: 2,
      message: "a",
    });
  });

  test("whose partial success comes in two parts is merged", () => {
    expect(protobuf(0x0a, 2, 0x08, 7, 0x0a, 3, 0x12, 1, 0x61)).toEqual({
      rejected: 7,
      message: "a",
    });
    expect(partial(0x08, 7, 0x08, 5)?.rejected).toBe(5);
  });

  test.each<[what: string, bytes: readonly number[]]>([
    ["a negative count", [0x08, ...Array<number>(9).fill(0xff), 0x01]],
    ["a count that is not exact", [0x08, ...Array<number>(7).fill(0xff), 0x7f]],
    ["a count longer than 64 bits", [0x08, ...Array<number>(10).fill(0x80), 0x00]],
    ["a count that is text", [0x0a, 1, 0x33]],
    ["a field without a number", [0x02, 0]],
    ["a group", [0x7b, 0x7c]],
    ["a kind of value that does not exist", [0x7e, 0]],
    ["a tag longer than 32 bits", [0xf8, 0xff, 0xff, 0xff, 0x1f, 0]],
    ["a tag without a value", [0x08]],
    ["64 bits that are cut", [0x79, 0]],
    ["32 bits that are cut", [0x7d, 0, 0, 0]],
    ["text that is longer than the answer", [0x12, 2, 0x61]],
    ["text of a length of 2^63", [0x12, ...Array<number>(9).fill(0x80), 0x01]],
  ])("with %s is not one of OTLP", (_, bytes) => {
    expect(partial(...bytes)).toBeUndefined();
    expect(protobuf(...bytes)).toBeUndefined();
  });

  test("whose message is a number is not one of OTLP", () => {
    expect(partial(0x10, 1)).toBeUndefined();
  });

  test("that is cut at any byte is not one of OTLP", () => {
    const whole = encodedResponse({
      partialSuccess: { rejectedLogRecords: 300, errorMessage: "too old".repeat(30) },
    });
    expect(exportResponseOf(PROTOBUF, whole)?.rejected).toBe(300);
    for (let length = 1; length < whole.length; length++)
      expect(exportResponseOf(PROTOBUF, whole.subarray(0, length))).toBeUndefined();
  });
});

describe("the content type of an answer", () => {
  const refused = encodedResponse({ partialSuccess: { rejectedLogRecords: 2, errorMessage: "a" } });
  const text = '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"a"}}';

  test.each([
    "application/x-protobuf",
    "Application/X-Protobuf; charset=utf-8",
    "application/protobuf",
  ])("%s means protobuf, and nothing else", (contentType) => {
    expect(exportResponseOf(contentType, refused)?.rejected).toBe(2);
    expect(json(text, contentType)).toBeUndefined();
    expect(json("{}", contentType)).toBeUndefined();
  });

  test.each(["application/json", "application/json;charset=UTF-8", " APPLICATION/JSON ; a=b"])(
    "%s means JSON, and nothing else",
    (contentType) => {
      expect(json(text, contentType)?.rejected).toBe(2);
      expect(exportResponseOf(contentType, refused)).toBeUndefined();
    },
  );

  test.each([undefined, "", "application/octet-stream", "text/plain; charset=utf-8"])(
    "%s leaves it to the body",
    (contentType) => {
      expect(json(text, contentType)?.rejected).toBe(2);
      expect(exportResponseOf(contentType, refused)?.rejected).toBe(2);
      for (const page of ["Hi", "ok", "H\u0001", "\n<html>", "not found"])
        expect(json(page, contentType)).toBeUndefined();
    },
  );
});

test("no body of any type is too odd to be judged", () => {
  const odd = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    // mostly right
    fc
      .tuple(fc.nat({ max: 300 }), fc.string(), fc.nat({ max: 40 }), fc.nat({ max: 255 }))
      .map(([rejectedLogRecords, errorMessage, at, byte]) => {
        const bytes = encodedResponse({ partialSuccess: { rejectedLogRecords, errorMessage } });
        return Uint8Array.from(bytes).fill(byte, at, at + 1);
      }),
  );
  fc.assert(
    fc.property(fc.constantFrom(undefined, JSON_TYPE, PROTOBUF), odd, (contentType, body) => {
      const response = exportResponseOf(contentType, body);
      if (response === undefined) return;
      expect(Number.isSafeInteger(response.rejected)).toBe(true);
      expect(response.rejected).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: runs(1000) },
  );
});
