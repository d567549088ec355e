import { describe, expect, test } from "vitest";
import {
  entriesOf,
  entriesOfLines,
  type PagedReader,
  replayFrom,
} from "../../src/governance/index.js";
import { LokiAuditReader } from "../../src/loki/index.js";
import { FakeLoki, type FakeQuery } from "../fixtures/fake-loki.ts";
import { all, logOf, readerOf, SELECTOR, send } from "../fixtures/loki-records.ts";

const HOUR = 3_600_000_000_000n;

describe("a Loki that refuses a long range shortens the range, and every record is read:", () => {
  test.each<[status: number, text: string]>([
    [
      400,
      "the query would read too many bytes (query: 51GB, limit: 20GB); consider adding more specific stream selectors or reduce the time range of the query",
    ],
    [
      400,
      "query too large to execute on a single querier: (query: 51GB, limit: 20GB); consider adding more specific stream selectors, reduce the time range of the query, or adjust parallelization settings",
    ],
    [400, "the query time range exceeds the limit (query length: 720h30m0s, limit: 1d)"],
    [400, "max query length limit exceeded"],
    [
      504,
      "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed",
    ],
    [500, "context deadline exceeded"],
  ])("HTTP %i: %s", async (status, text) => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(300));
    let refused = 0;
    loki.script = ({ start, end }, response) => {
      if (end - start <= 3n * HOUR) return false;
      refused++;
      response.writeHead(status).end(text);
      return true;
    };
    expect(await readerOf(loki, { lookbackDays: 1 }).count()).toBe(300);
    expect(refused).toBeGreaterThan(0);
    expect(loki.queries.length).toBeLessThan(40);
  });

  test("but gives up where a minute is too long", async () => {
    await using loki = await FakeLoki.start();
    loki.script = (_, response) => {
      response.writeHead(400).end("the query would read too many bytes");
      return true;
    };
    await expect(readerOf(loki).entries()).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("would read too many bytes"),
    });
    expect(loki.queries.length).toBeLessThan(15);
  });
});

/** Answers a page as full as it was asked for, for ever. */
function withoutEnd({ start, limit }: FakeQuery, line: (index: bigint) => string): string {
  const values = Array.from({ length: limit }, (_, index) => {
    const nanos = start + BigInt(index);
    return [String(nanos), line(nanos), { structuredMetadata: { governance_log_id: "a" } }];
  });
  const result = [{ stream: { service_name: "federation" }, values }];
  return JSON.stringify({ status: "success", data: { resultType: "streams", result } });
}

describe("a Loki whose pages never end", () => {
  test("is read up to maxRecords, and no further", async () => {
    await using loki = await FakeLoki.start();
    loki.script = (query, response) => {
      response.end(withoutEnd(query, (nanos) => `line ${nanos}`));
      return true;
    };
    const reader = readerOf(loki, { maxRecords: 3000 });
    const tooMany = {
      code: "delivery_failed",
      message: expect.stringMatching(/more than 3000 records.*maxRecords/),
    };
    await expect(all(reader.evidence())).rejects.toMatchObject(tooMany);
    expect(loki.queries.length).toBeLessThan(100);
  });

  test("is read up to a tenth of them in checkpoints, which take more memory", async () => {
    await using loki = await FakeLoki.start();
    loki.script = (query, response) => {
      const page = withoutEnd(query, (nanos) => `a\n${nanos}\nAAAA\n`);
      response.end(page.replaceAll('"a"}', '"a","governance_operation":"checkpoint"}'));
      return true;
    };
    const reader = readerOf(loki, { maxRecords: 3000 });
    await expect(all(reader.evidence())).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringMatching(/more than 300 checkpoints.*maxRecords/),
    });
  });

  test("is no fault if it holds no more than maxRecords", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(300));
    expect(await all(readerOf(loki, { maxRecords: 300 }).lines())).toHaveLength(300);
    const bounded = readerOf(loki, { maxRecords: 299 });
    const tooMany = { code: "delivery_failed" };
    await expect(all(bounded.lines())).rejects.toMatchObject(tooMany);
    await expect(replayFrom(entriesOfLines(bounded.lines()))).rejects.toMatchObject(tooMany);
  });
});

describe("entriesOf over a reader whose pages never end", () => {
  const [entry] = logOf(1).map((sealed) => sealed.entry);

  test("reads no more entries than its maxRecords, which a LokiAuditReader has", async () => {
    const { maxRecords } = new LokiAuditReader({
      url: "http://l",
      selector: SELECTOR,
      maxRecords: 9,
    });
    expect(maxRecords).toBe(9);
    const pages = (next: number): PagedReader => ({
      maxRecords,
      page: () => ({ entries: Array(3).fill(entry), ...(++next < 4 && { next }) }),
    });
    expect(await all(entriesOf(pages(1)))).toHaveLength(9);
    await expect(all(entriesOf(pages(0)))).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringMatching(/more than 9 entries.*maxRecords/),
    });
  });

  test.each<[string, Partial<Awaited<ReturnType<PagedReader["page"]>>>]>([
    ["with a cursor that stays where it is", { entries: [entry] as never, next: 0 }],
    ["without an entry", { entries: [] }],
  ])("ends with an error: %s", async (_, page) => {
    let next = 0;
    const reader: PagedReader = { page: () => ({ entries: [], next: next++, ...page }) };
    await expect(all(entriesOf(reader))).rejects.toMatchObject({
      code: "invalid_evidence",
      field: "reader",
    });
  });
});
