import { resourceFromAttributes } from "@opentelemetry/resources";
import { describe, expect, test } from "vitest";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { all, LOG, logOf, readerOf, sealed, send } from "../fixtures/loki-records.ts";

const DAY = 86_400_000;
const limits = (loki: FakeLoki): number[] => loki.queries.map(({ limit }) => limit);

describe("the pages of a Loki", () => {
  test("are asked for with metadata apart, the tenant and the headers", async () => {
    await using loki = await FakeLoki.start();
    await readerOf(loki, { tenant: "clinic", headers: { authorization: "Basic eA==" } }).entries();
    expect(loki.queries[0]?.headers).toMatchObject({
      "x-loki-response-encoding-flags": "categorize-labels",
      "x-scope-orgid": "clinic",
      authorization: "Basic eA==",
    });
  });

  test("take one request for a page of a hundred", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(300));
    const { entries, next } = await readerOf(loki).page();
    expect(entries).toHaveLength(100);
    expect(next).toBe(200);
    expect(limits(loki)).toEqual([101]);
  });

  test("grow to what an answer can hold, past Loki's limit of records", async () => {
    await using loki = await FakeLoki.start();
    loki.maxEntries = 600;
    const log = logOf(1500);
    await send(loki.url, log);
    expect(await all(readerOf(loki).lines())).toEqual(log.map(({ line }) => line));
    expect(limits(loki).slice(0, 4)).toEqual([128, 128, 512, 2048]);
    // refused once, and never asked for again
    expect(limits(loki).filter((limit) => limit > 600)).toHaveLength(1);
  });

  test("keep below the bytes that make Loki fall silent", async () => {
    await using loki = await FakeLoki.start();
    const log = logOf(270, () => ({ details: { reason: "x".repeat(20_000) } }));
    await send(loki.url, log);
    let broken = 0;
    loki.script = (query) => {
      if (query.limit > 200) broken++;
      return false;
    };
    expect(await readerOf(loki).count()).toBe(270);
    expect(broken).toBe(0);
  });

  test("shrink when no answer comes, since it may be too large", async () => {
    await using loki = await FakeLoki.start();
    loki.maxAnswerBytes = 400_000;
    const log = logOf(60, () => ({ details: { reason: "x".repeat(20_000) } }));
    await send(loki.url, log);
    expect((await readerOf(loki).entries()).map(({ sequence }) => sequence)).toEqual(
      log.map(({ entry }) => entry.sequence).reverse(),
    );
    expect(limits(loki).slice(0, 2)).toEqual([100, 25]);
  }, 40_000);

  test("are asked for again where Loki holds back what is too large to send", async () => {
    await using loki = await FakeLoki.start();
    loki.maxSentBytes = 500_000;
    const log = logOf(300, (n) => ({
      details: { reason: "x".repeat(n % 150 < 80 ? 15_000 : 10) },
    }));
    await send(loki.url, log);
    expect((await readerOf(loki).entries()).map(({ sequence }) => sequence)).toEqual(
      log
        .slice(200)
        .map(({ entry }) => entry.sequence)
        .reverse(),
    );
    expect(await all(readerOf(loki).lines())).toEqual(log.map(({ line }) => line));
  });

  test.each<[string, number, number, number | undefined, number]>([
    ["need no second look where each ingester has sent a batch", 300, 127, 1, 0],
    ["need one where an ingester may have sent nothing", 300, 100, 2, 1],
    ["need none where two have sent more than one could", 90, 100, 2, 0],
    ["need none where there is no ingester to ask", 90, 100, 0, 0],
    ["need one where Loki says nothing of ingesters", 300, 100, undefined, 1],
    ["need none where they are few", 300, 30, undefined, 0],
  ])("%s", async (_, held, limit, ingesters, looks) => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(held));
    loki.ingesters = ingesters;
    const { entries } = await readerOf(loki).page({ limit });
    expect(entries).toHaveLength(Math.min(held, limit));
    expect(loki.lightQueries.filter((look) => look.limit === limit + 1)).toHaveLength(looks);
  });

  test("are never asked for twice in the same words, so that no cache answers", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(300));
    for (let i = 0; i < 2; i++) await readerOf(loki).entries({ limit: 200 });
    expect(loki.texts).toHaveLength(6);
    expect(new Set(loki.texts).size).toBe(6);
  });

  test("need a second look where there may have been more than a batch", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(300));
    expect((await readerOf(loki).entries({ limit: 200 })).length).toBe(200);
    expect(limits(loki)).toEqual([128, 512]);
    expect(loki.lightQueries.map(({ limit }) => limit)).toEqual([512]);
  });

  test("shrink at 413", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(30));
    loki.script = ({ limit }, response) => {
      if (limit <= 7) return false;
      response.writeHead(413).end("too large");
      return true;
    };
    expect(await readerOf(loki).count()).toBe(30);
    expect(limits(loki).slice(0, 4)).toEqual([128, 32, 8, 2]);
  });

  test("are split by the time that Loki takes, and shorter where it takes less", async () => {
    await using loki = await FakeLoki.start();
    const now = Date.now();
    const log = [200, 90, 31, 1].map((days, sequence) =>
      sealed(sequence, {}, { recordedMillis: now - days * DAY }),
    );
    await send(loki.url, log);
    const sequences = (await readerOf(loki, { lookbackDays: 365 }).entries()).map(
      ({ sequence }) => sequence,
    );
    expect(sequences).toEqual([3, 2, 1, 0]);
    expect(loki.queries).toHaveLength(1 + 13);
    loki.maxRange = 7n * 24n * 3_600_000_000_000n;
    expect(await all(readerOf(loki, { lookbackDays: 365 }).lines())).toHaveLength(4);
  });

  test("leave out what was recorded before the reader looks", async () => {
    await using loki = await FakeLoki.start();
    const log = [40, 1].map((days, sequence) =>
      sealed(sequence, {}, { recordedMillis: Date.now() - days * DAY }),
    );
    await send(loki.url, log);
    expect(await readerOf(loki).count()).toBe(1);
  });

  test("find what happened long before it was recorded", async () => {
    await using loki = await FakeLoki.start();
    await send(
      loki.url,
      logOf(3, (sequence) => ({ timestamp: new Date(1_000_000 * sequence) })),
    );
    const reader = readerOf(loki);
    expect(await reader.count({ since: new Date(500_000), until: new Date(2_000_000) })).toBe(1);
    expect(loki.queries[0]?.query).toContain("governance_timestamp_millis>=500000 |");
  });

  test("pass over none of a nanosecond, however many it has", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(20));
    const [first] = loki.records;
    for (const record of loki.records.slice(5, 15)) Object.assign(record, { nanos: first?.nanos });
    loki.maxEntries = 12;
    expect(await all(readerOf(loki).evidence())).toHaveLength(20);
  });

  test("end where a nanosecond has more records than an answer", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, logOf(200));
    const [first] = loki.records;
    for (const [index, record] of loki.records.entries())
      Object.assign(record, {
        nanos: first?.nanos,
        line: "x",
        stream: { ...record.stream, index: `${index}` },
      });
    loki.maxEntries = 150;
    await expect(all(readerOf(loki).evidence())).rejects.toMatchObject({ code: "delivery_failed" });
  });

  test("need not search all time again for what was seen", async () => {
    await using loki = await FakeLoki.start();
    const now = Date.now();
    await send(
      loki.url,
      [9, 6, 3].map((days, sequence) => sealed(sequence, {}, { recordedMillis: now - days * DAY })),
    );
    const reader = readerOf(loki);
    const { next } = await reader.page({ limit: 2 });
    expect((await reader.page({ before: next as number })).entries).toHaveLength(1);
    expect(Number(loki.queries.at(-1)?.end) / 1e6).toBeLessThan(now - 5 * DAY);
    await reader.entries({ proposalId: "none" });
    expect(Number(loki.queries.at(-1)?.start) / 1e6).toBeGreaterThan(now - 10 * DAY);
  });

  test("have each entry once, from how many streams it may come", async () => {
    await using loki = await FakeLoki.start();
    const log = logOf(250);
    for (const id of ["one", "one", "two", "three"])
      await send(
        loki.url,
        log,
        resourceFromAttributes({ "service.name": "federation", "service.instance.id": id }),
      );
    expect(loki.records).toHaveLength(750);
    const reader = readerOf(loki, { logId: LOG });
    expect(await reader.count()).toBe(250);
    expect((await reader.entries({ order: "oldest" })).map(({ id }) => id)).toEqual(
      log.slice(0, 100).map(({ entry }) => entry.id),
    );
    expect((await reader.page({ limit: 250 })).next).toBeUndefined();
  });
});
