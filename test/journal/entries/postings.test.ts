import fc from "fast-check";
import { expect, test } from "vitest";
import { Postings, sequencesOf } from "../../../src/journal/entries/postings.js";
import { emptyJournal } from "../../../src/journal/file/schema-check.js";
import { runs } from "../../fixtures/long-runs.js";

test("finds a rare value behind a common one over many blocks, in both orders", () => {
  const database = emptyJournal();
  database.exec("DROP TRIGGER posting_insert");
  const insert = database.prepare("INSERT INTO posting VALUES (?, ?, ?, ?)");
  for (let block = 0; block < 400; block++) {
    insert.run("operation", "vote_cast", block, "00003o8001"); // the places 0, 1, 1008 and 1023
    if (block % 150 === 7) insert.run("actor_did", "did:a", block, "00002o8000"); // 1 and 1023
    if (block % 150 === 9) insert.run("actor_did", "did:b", block, "10001"); // 16
  }
  const postings = new Postings((sql) => database.prepare(sql));
  const find = (first: number, last: number, newestFirst: boolean): number[][] =>
    [
      ...postings.matches(
        [
          { column: "operation", values: ["vote_cast", "none"] },
          { column: "actorDid", values: ["did:a", "did:b"] },
        ],
        { first, last },
        newestFirst,
      ),
    ].map((found) => {
      const sequences = sequencesOf(found);
      expect(found.number).toBe(sequences.length);
      return sequences;
    });
  const of = (block: number): number[] => [block * 1024 + 1, block * 1024 + 1023];
  expect(find(0, 400 * 1024 - 1, false)).toEqual([of(7), of(157), of(307)]);
  expect(find(0, 400 * 1024 - 1, true)).toEqual([of(307), of(157), of(7)]);
  expect(find(7 * 1024 + 2, 157 * 1024 + 1022, false)).toEqual([
    [7 * 1024 + 1023],
    [157 * 1024 + 1],
  ]);
  database.close();
});

test("counts and lists the entries of a block, whatever its posting and wherever a span ends", () => {
  const database = emptyJournal();
  database.exec("DROP TRIGGER posting_insert");
  const insert = database.prepare("INSERT OR REPLACE INTO posting VALUES ('kind', 'k', 1, ?)");
  const postings = new Postings((sql) => database.prepare(sql));
  const places = fc.uniqueArray(fc.nat(1023), { maxLength: 1024, size: "max" });
  fc.assert(
    fc.property(places, fc.nat(1023), fc.nat(1023), (held, from, to) => {
      const digits = (value: number): string => String.fromCharCode(48 + value);
      let text = "";
      for (const [part, own] of Map.groupBy(
        held.toSorted((a, b) => a - b),
        (at) => at >> 4,
      )) {
        const bits = own.reduce((sum, at) => sum + (1 << (at & 15)), 0);
        text += [part, bits >> 12, (bits >> 8) & 15, (bits >> 4) & 15, bits & 15]
          .map(digits)
          .join("");
      }
      insert.run(text);
      const span = { first: 1024 + Math.min(from, to), last: 1024 + Math.max(from, to) };
      const [found] = postings.matches([{ column: "kind", values: ["k"] }], span, false);
      const expected = held
        .map((at) => 1024 + at)
        .filter((sequence) => sequence >= span.first && sequence <= span.last)
        .sort((a, b) => a - b);
      expect(found?.number ?? 0).toBe(expected.length);
      expect(found === undefined ? [] : sequencesOf(found)).toEqual(expected);
    }),
    { numRuns: runs(100) },
  );
  database.close();
});
