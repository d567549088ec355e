import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LokiAuditReader, type LokiAuditReaderOptions } from "../../src/loki/index.js";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { readerOf, SELECTOR } from "../fixtures/loki-records.ts";

const GOOD = { url: "http://localhost:3100", selector: SELECTOR };
const open = (options: unknown) => new LokiAuditReader(options as LokiAuditReaderOptions);

describe("the options of a reader of Loki", () => {
  test.each<[string, object]>([
    ["url", { url: undefined }],
    ["url", { url: "localhost:3100" }],
    ["url", { url: "ftp://localhost" }],
    ["url", { url: "http://user:secret@localhost:3100" }],
    ["url", { url: "http://localhost:3100/loki/api/v1" }],
    ["url", { url: "http://localhost:3100/otlp/v1/logs" }],
    ["selector", { selector: undefined }],
    ["logId", { logId: "two words" }],
    ["headers", { headers: new Map() }],
    ["headers.a b", { headers: { "a b": "c" } }],
    ["headers.a", { headers: { a: "b\nc" } }],
    ["headers.a", { headers: { a: 1 } }],
    ["headers.transfer-encoding", { headers: { "transfer-encoding": "chunked" } }],
    [
      "headers.x-loki-response-encoding-flags",
      { headers: { "X-Loki-Response-Encoding-Flags": "" } },
    ],
    ["headers.x-scope-orgid", { headers: { "X-Scope-OrgID": "a" }, tenant: "b" }],
    ["tenant", { tenant: "" }],
    ["tenant", { tenant: "a\r\nb: c" }],
    ["lookbackDays", { lookbackDays: 0 }],
    ["maxRecords", { maxRecords: 0 }],
    ["lookbackDays", { lookbackDays: 1.5 }],
    ["timeoutMillis", { timeoutMillis: 0 }],
    ["timeoutMillis", { timeoutMillis: Number.POSITIVE_INFINITY }],
    ["since", { since: new Date() }],
  ])("name %s when it cannot work: %j", (field, options) => {
    expect(() => open({ ...GOOD, ...options })).toThrow(
      expect.objectContaining({ code: "invalid_options", field }),
    );
  });

  test("are an object", () => {
    for (const options of [undefined, null, "http://localhost:3100"])
      expect(() => open(options)).toThrow(expect.objectContaining({ code: "invalid_options" }));
  });

  test("keep the path that stands before that of the API", async () => {
    await using loki = await FakeLoki.start();
    await expect(readerOf({ url: `${loki.url}/behind/` }).entries()).rejects.toThrow(/HTTP 404/);
    for (const url of [`${loki.url}/`, new URL(loki.url)])
      expect(await new LokiAuditReader({ url, selector: SELECTOR }).entries()).toEqual([]);
  });

  test("are copied", async () => {
    await using loki = await FakeLoki.start();
    const headers = { "x-key": "one" };
    const reader = readerOf(loki, { headers });
    headers["x-key"] = "two";
    await reader.entries();
    expect(loki.queries[0]?.headers["x-key"]).toBe("one");
  });

  test("look back as far as 1970 and no farther", async () => {
    await using loki = await FakeLoki.start();
    loki.maxRange = 10n ** 20n;
    vi.setSystemTime(Date.UTC(1971, 0)); // a year to look back, and not half a century
    onTestFinished(() => void vi.useRealTimers());
    await readerOf(loki, { lookbackDays: 20_000_000 }).entries();
    expect(loki.queries.at(-1)?.start).toBe(0n);
  });
});
