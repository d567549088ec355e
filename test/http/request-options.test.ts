import { validateHeaderName, validateHeaderValue } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headersOf, httpUrl } from "../../src/http/request-options.js";
import { refusal } from "../fixtures/recorded-log.js";

const isAllowed = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};

/** Headers with which a caller could break the request, or the connection under it. */
const OWNED = [
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

describe("the headers of a request", () => {
  test("are copied, with their names in lower case", () => {
    const headers = { Authorization: "Bearer secret", "x-empty": "" };
    expect(headersOf(headers, "headers")).toEqual({
      authorization: "Bearer secret",
      "x-empty": "",
    });
  });

  test("may have the names and values that node:http sends, and no others", () => {
    const text = fc.string({ unit: "binary", maxLength: 4 });
    fc.assert(
      fc.property(text, text, (name, value) => {
        expect(isAllowed(() => headersOf({ [name]: "a" }, "headers"))).toBe(
          isAllowed(() => validateHeaderName(name)),
        );
        expect(isAllowed(() => headersOf({ a: value }, "headers"))).toBe(
          isAllowed(() => validateHeaderValue("a", value)),
        );
      }),
    );
  });

  test.each<[string, unknown]>([
    ["headers", new Headers({ a: "b" })],
    ["headers", new Map([["a", "b"]])],
    ["headers", ["a"]],
    ["headers", null],
    ["headers.a", { a: 1 }],
    ["headers.a b", { "a b": "c" }],
    ["headers.a", { a: "b\r\nc: d" }],
    ["headers.A", { a: "b", A: "c" }],
    ...OWNED.map((name): [string, unknown] => [`headers.${name}`, { [name]: "chunked" }]),
    ["headers.Transfer-Encoding", { "Transfer-Encoding": "chunked" }],
  ])("are refused by the name of the field, %s: %j", (field, headers) => {
    expect(refusal(() => headersOf(headers, "headers"))).toMatchObject({
      code: "invalid_options",
      field,
    });
  });

  test("that are refused do not show their value, which may be a secret", () => {
    const { message } = refusal(() => headersOf({ authorization: "s3cret\n" }, "headers"));
    expect(message).not.toContain("s3cret");
  });
});

test("a URL is one of http or https, as text or as a URL", () => {
  const url = "https://localhost:4318/v1/logs";
  expect(httpUrl(url, "url", "a URL").href).toBe(url);
  expect(httpUrl(new URL(url), "url", "a URL").href).toBe(url);
  for (const wrong of ["localhost:4318", "ftp://localhost", "", 4318, null, undefined])
    expect(refusal(() => httpUrl(wrong, "url", "a URL"))).toMatchObject({
      code: "invalid_options",
      field: "url",
      message: "url: expected a URL",
    });
});
