import { describe, expect, test } from "vitest";
import type { AuditEntry } from "../../../src/entry/audit-entry.js";
import { canonicalLine } from "../../../src/entry/line.js";
import {
  alterFirst,
  append,
  newPath,
  openJournal,
  rowOf,
  thrownBy,
} from "../../fixtures/journal.js";

describe("an entry that was altered behind the triggers", () => {
  test.each([
    ["its line", "line = CAST(replace(CAST(line AS TEXT), 'did:a', 'did:b') AS BLOB)"],
    ["its leaf hash", "leaf_hash = zeroblob(32)"],
    [
      "its line for that of another entry",
      "(line, leaf_hash) = (SELECT line, leaf_hash FROM entry WHERE sequence = 1)",
    ],
  ])("is never given out: %s", (_, change) => {
    const path = newPath();
    const filled = openJournal(path);
    append(filled, 100);
    filled.close();
    alterFirst(path, change);
    const journal = openJournal(path);
    for (const read of [() => journal.get(0), () => journal.entries({ order: "oldest" })]) {
      const error = thrownBy(read);
      expect(error.code).toBe("journal_failed");
      expect(error.message).toContain("the entry of sequence 0 was damaged or altered");
    }
    expect(journal.get(1)?.sequence).toBe(1);
  });
});

test("an entry that is read back is deeply frozen, and seals to the line that was appended", () => {
  const path = newPath();
  const journal = openJournal(path);
  const details = JSON.parse('{"__proto__":{"x":1},"list":[{"nul":"a\\u0000b"}],"😀":-1.5e-7}');
  const row = rowOf(
    0,
    { details, actorDid: "did:\0\u2028", timestamp: new Date(5) },
    { traced: true },
  );
  journal.append(row);
  journal.close();
  const entry = openJournal(path).get(0) as AuditEntry;
  expect(entry).toEqual(row.entry);
  expect(canonicalLine("quorumlog", entry)).toBe(row.line);
  expect(Object.isFrozen(entry)).toBe(true);
  expect(Object.isFrozen((entry.details["list"] as unknown[])[0])).toBe(true);
});
