import { expect, test } from "vitest";
import { Postings } from "../../../src/journal/entries/postings.js";
import { emptyJournal } from "../../../src/journal/file/schema-check.js";

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
    ].map((found) => [...found]);
  const of = (block: number): number[] => [block * 1024 + 1, block * 1024 + 1023];
  expect(find(0, 400 * 1024 - 1, false)).toEqual([of(7), of(157), of(307)]);
  expect(find(0, 400 * 1024 - 1, true)).toEqual(
    [of(307), of(157), of(7)].map((found) => found.toReversed()),
  );
  expect(find(7 * 1024 + 2, 157 * 1024 + 1022, false)).toEqual([
    [7 * 1024 + 1023],
    [157 * 1024 + 1],
  ]);
  database.close();
});
