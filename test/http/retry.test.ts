import { describe, expect, test } from "vitest";
import { isRetryStatus, retryAfterMillis, statusText } from "../../src/http/retry.js";

describe("Retry-After", () => {
  const now = Date.UTC(2026, 3, 14);
  test.each([
    [undefined, undefined],
    ["2", 2000],
    ["0", undefined],
    ["-1", undefined],
    ["soon", undefined],
    ["Tue, 14 Apr 2026 00:00:30 GMT", 30_000],
    ["Tuesday, 14-Apr-26 00:00:30 GMT", 30_000],
    ["Tue Apr 14 00:00:30 2026", 30_000],
    ["Fri May  1 00:00:00 2026", 17 * 86_400_000],
    ["Mon, 13 Apr 2026 00:00:00 GMT", undefined],
    ["Sunday, 06-Nov-94 08:49:37 GMT", undefined],
    ["Infinity", undefined],
    ["0x10", undefined],
    ["1e3", undefined],
    ["1.5", undefined],
    ["+2", undefined],
    ["", undefined],
    ["2, 3", undefined],
    ["2027", 2_027_000],
    ["2027-04-14", undefined],
    ["14 Apr 2027", undefined],
    ["Tue, 14 Apr 2026 00:00:30 CEST", undefined],
    ["Tue, 14 Apr 2026 25:00:30 GMT", undefined],
    ["9".repeat(400), Number.MAX_SAFE_INTEGER],
  ])("%s is %s milliseconds", (header, millis) => {
    expect(retryAfterMillis(header, now)).toBe(millis);
  });
});

test("a request is worth another attempt after a server error, and after 408, 425 and 429", () => {
  const statuses = [200, 301, 400, 401, 403, 404, 408, 413, 422, 425, 429, 500, 502, 503, 504];
  expect(statuses.filter(isRetryStatus)).toEqual([408, 425, 429, 500, 502, 503, 504]);
});

test("a message shows the status, and what the server said on one line", () => {
  expect(statusText(503, "")).toBe("HTTP 503");
  expect(statusText(502, "<h1>\n\u001b[2JBad Gateway</h1>\n")).toBe(
    "HTTP 502: <h1> [2JBad Gateway</h1>",
  );
});
