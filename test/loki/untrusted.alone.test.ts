import { describe, expect, test } from "vitest";
import { leafHash } from "../../src/entry/line.js";
import { FakeLoki, type FakeRecord } from "../fixtures/fake-loki.ts";
import { all, LOG, logOf, readerOf, sealed, send } from "../fixtures/loki-records.ts";

/** A Loki with ten entries, one of them changed. */
async function withChanged(
  change: (record: FakeRecord, loki: FakeLoki) => void,
): Promise<FakeLoki> {
  const loki = await FakeLoki.start();
  await send(
    loki.url,
    logOf(10, () => ({ proposalId: "p1" })),
  );
  change(loki.records[5] as FakeRecord, loki);
  return loki;
}

function rewrite(record: FakeRecord, line: string): void {
  record.line = line;
  record.metadata["governance_leaf_hash"] = leafHash(line);
}

describe("what Loki holds is not trusted", () => {
  test.each<[string, (record: FakeRecord, loki: FakeLoki) => void, RegExp]>([
    [
      "a line",
      (one) => {
        one.line = one.line.replace("p1", "p2");
      },
      /entry 5 was altered: .* leaf hash/,
    ],
    [
      "a leaf hash",
      (one) => {
        one.metadata["governance_leaf_hash"] = "00";
      },
      /entry 5 was altered/,
    ],
    [
      "no leaf hash",
      (one) => {
        delete one.metadata["governance_leaf_hash"];
      },
      /entry 5 was altered/,
    ],
    [
      "no JSON",
      (one) => rewrite(one, "hello"),
      /the line of entry 5 is not an entry as a log writes it/,
    ],
    [
      "another order of keys",
      (one) => rewrite(one, JSON.stringify({ v: 1, ...JSON.parse(one.line) })),
      /not an entry as a log writes it/,
    ],
    [
      "a version to come",
      (one) => rewrite(one, one.line.replace('"v":1', '"v":2')),
      /not an entry as a log writes it/,
    ],
    [
      "a number for a text",
      (one) => rewrite(one, one.line.replace('"p1"', "1")),
      /not an entry as a log writes it/,
    ],
    [
      "a line that is too long",
      (one) => rewrite(one, one.line.replace('"p1"', `"${"x".repeat(70_000)}"`)),
      /not an entry as a log writes it/,
    ],
    [
      "deep nesting",
      (one) =>
        rewrite(one, one.line.replace("{}", `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`)),
      /not an entry as a log writes it/,
    ],
    [
      "another place",
      (one) => {
        Object.assign(one, { nanos: one.nanos + 2n });
      },
      /stands behind entry/,
    ],
    [
      "a second entry",
      (one, loki) => {
        const line = one.line.replace("p1", "p2").replace(/"id":"./, '"id":"0');
        loki.records.push({ ...one, nanos: one.nanos, metadata: { ...one.metadata }, line });
        rewrite(loki.records.at(-1) as FakeRecord, line);
      },
      /two entries of sequence 5/,
    ],
  ])("%s is refused, newest or oldest first", async (_, change, message) => {
    await using loki = await withChanged(change);
    for (const order of ["newest", "oldest"] as const)
      await expect(readerOf(loki).entries({ order })).rejects.toMatchObject({
        code: "invalid_evidence",
        message: expect.stringMatching(message),
      });
  });

  test("labels find an entry, and never make one", async () => {
    await using loki = await withChanged((one) => {
      one.metadata["governance_proposal_id"] = "p2";
    });
    const reader = readerOf(loki);
    expect(await reader.entries({ proposalId: "p2" })).toEqual([]);
    expect((await reader.get(5))?.proposalId).toBe("p1");
  });

  test("entries are deeply frozen, and own names of JavaScript are data", async () => {
    await using loki = await FakeLoki.start();
    const details = JSON.parse('{"__proto__":{"a":[1]},"constructor":null}');
    const [entry] = logOf(1, () => ({ details }));
    await send(loki.url, entry ? [entry] : []);
    const [found] = await readerOf(loki).entries();
    expect(found).toEqual(entry?.entry);
    expect(Object.keys(found?.details ?? {})).toEqual(["__proto__", "constructor"]);
    expect(Object.isFrozen(Object.values(found?.details ?? {})[0])).toBe(true);
  });
});

describe("two logs behind one selector", () => {
  test("are refused, until one is chosen", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, [
      ...logOf(3),
      sealed(0, {}, { log: "other/log" }),
      sealed(1, {}, { log: "other/log" }),
    ]);
    for (const ask of [
      () => readerOf(loki).entries(),
      () => readerOf(loki).count(),
      () => all(readerOf(loki).lines()),
      () => all(readerOf(loki).evidence()),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: "invalid_options",
        field: "logId",
        message: expect.stringMatching(
          /"acme.example\/governance" and "other\/log"|"other\/log" and "acme/,
        ),
      });
    expect(await readerOf(loki, { logId: LOG }).count()).toBe(3);
    expect(await readerOf(loki, { logId: "other/log" }).count()).toBe(2);
  });

  test("are refused by one reader from one question to the next", async () => {
    await using loki = await FakeLoki.start();
    await send(loki.url, [
      ...logOf(1, () => ({ proposalId: "a" })),
      sealed(0, { proposalId: "b" }, { log: "other" }),
    ]);
    const reader = readerOf(loki);
    expect(await reader.entries({ proposalId: "a" })).toHaveLength(1);
    await expect(reader.entries({ proposalId: "b" })).rejects.toMatchObject({ field: "logId" });
  });
});
