import { describe, expect, test } from "vitest";
import { exportFailure } from "../../src/delivery/export-error.js";
import { answerError } from "../../src/otlp/otlp-answer.js";
import { encodedResponse } from "../fixtures/otlp-protobuf.js";

const answer = (status: number, body: string, headers = {}) =>
  answerError({ status, headers, body: Buffer.from(body) });
const kindOf = (status: number, body: string, headers = {}) =>
  exportFailure(answer(status, body, headers)).kind;

describe("the answer to an export is a success", () => {
  test.each([
    ["", 204],
    ["", 200],
    ["{}", 200],
    ['{"partialSuccess":{}}', 200],
    ['{"partialSuccess":null}', 200],
    ['{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow down"}}', 200],
    ['{"accepted":12}', 202],
  ])("%s with status %i", (body, status) => {
    expect(answer(status, body)).toBeUndefined();
  });
});

describe("the answer to an export is a partial success", () => {
  test.each([
    '{"partialSuccess":{"rejectedLogRecords":3}}',
    '{"partialSuccess":{"rejectedLogRecords":"3"}}',
    '{"partial_success":{"rejected_log_records":"3"}}',
  ])("%s", (body) => {
    expect(answer(200, body)?.rejectedLogRecords).toBe(3);
    expect(kindOf(200, body)).toBe("partial");
  });

  test.each(["application/x-protobuf", "application/json", "text/plain", undefined])(
    "in protobuf, with the content type %s",
    (type) => {
      const partialSuccess = { rejectedLogRecords: 3, errorMessage: "too old" };
      const headers = type === undefined ? {} : { "content-type": type };
      const body = encodedResponse({ partialSuccess });
      expect(answerError({ status: 200, headers, body })).toMatchObject({
        rejectedLogRecords: 3,
        message: "partial success, 3 refused: too old",
      });
    },
  );

  test("whose message cannot forge a line, colour a terminal or fill a log", () => {
    const errorMessage = `bad\n2026 INFO forged \u001b[2J\u202e${"x".repeat(60_000)}`;
    const { message } = answer(
      200,
      JSON.stringify({ partialSuccess: { rejectedLogRecords: 1, errorMessage } }),
    )!;
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message.length).toBeLessThan(300);
  });
});

describe("the answer to an export is nothing that OTLP knows, a fault of the configuration,", () => {
  test.each([
    "<html>please log in</html>",
    "ok",
    "[]",
    "null",
    '{"partialSuccess":"all refused"}',
    '{"partialSuccess":[]}',
    '{"partialSuccess":{"rejectedLogRecords":"many"}}',
    '{"partialSuccess":{"rejectedLogRecords":""}}',
    '{"partialSuccess":{"rejectedLogRecords":true}}',
    '{"partialSuccess":{"rejectedLogRecords":[]}}',
    '{"partialSuccess":{"rejectedLogRecords":-1}}',
    '{"partialSuccess":{"rejectedLogRecords":1.5}}',
  ])("%s", (body) => {
    expect(kindOf(200, body)).toBe("configuration");
  });

  test("or too long to be read", () => {
    expect(exportFailure(answerError({ status: 200, headers: {}, body: undefined })).kind).toBe(
      "configuration",
    );
  });
});

test("an error is judged by its status, however long its page is", () => {
  const cut = (status: number) =>
    exportFailure(answerError({ status, headers: {}, body: undefined })).kind;
  expect([400, 413, 401, 404, 302, 429, 503].map(cut)).toEqual([
    "refused",
    "refused",
    "configuration",
    "configuration",
    "configuration",
    "transient",
    "transient",
  ]);
});

test("a Retry-After stands in the failure", () => {
  expect(exportFailure(answer(429, "", { "retry-after": "3" }))).toMatchObject({
    kind: "transient",
    retryAfterMillis: 3000,
  });
});

describe("the reason that a server gives is shown", () => {
  const message = "the field is not valid";
  // google.rpc.Status: code 3, and the message
  const status = Buffer.concat([Buffer.of(0x08, 3, 0x12, message.length), Buffer.from(message)]);
  test.each<[type: string | undefined, body: Uint8Array, shown: string]>([
    ["application/x-protobuf", status, `HTTP 400: ${message}`],
    ["application/x-protobuf; charset=utf-8", status, `HTTP 400: ${message}`],
    ["application/x-protobuf", Buffer.from("bad request\n"), "HTTP 400: bad request"],
    ["application/json", Buffer.from('{"message":"no"}'), 'HTTP 400: {"message":"no"}'],
    ["text/plain", Buffer.from("bad\r\nrequest"), "HTTP 400: bad request"],
    [undefined, Buffer.alloc(0), "HTTP 400"],
  ])("from %s: %o", (type, body, shown) => {
    const headers = type === undefined ? {} : { "content-type": type };
    expect(answerError({ status: 400, headers, body })?.message).toBe(shown);
  });
});
