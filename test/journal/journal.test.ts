import { existsSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { append, codeOf, newPath, openJournal, rowOf } from "../fixtures/journal.js";

describe("a journal that is opened again", () => {
  test("goes on with the sequence, the time and the log id of before", () => {
    const path = newPath();
    const first = openJournal(path, { logId: "acme.example/governance" });
    expect([first.length, first.lastTime]).toEqual([0, [0, 0]]);
    const rows = append(first, 3);
    first.close();
    const again = openJournal(path);
    expect(again.logId).toBe("acme.example/governance");
    expect(again.length).toBe(3);
    expect(again.lastTime).toEqual(rows[2]?.time);
    expect(again.entries({ order: "oldest" })).toEqual(rows.map(({ entry }) => entry));
    append(again, 1);
    expect([...again.lines()]).toHaveLength(4);
  });

  test("has no write-ahead log beside it after it was closed", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    journal.close();
    journal.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(existsSync(`${path}.new`)).toBe(false);
    expect(codeOf(() => journal.entries())).toBe("closed");
    expect(codeOf(() => append(journal, 1))).toBe("closed");
  });

  test("has an empty write-ahead log after it was closed while someone reads it", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    const reader = openJournal(path, { readOnly: true });
    expect(reader.length).toBe(3);
    journal.close();
    expect(statSync(`${path}-wal`).size).toBe(0);
    expect(reader.entries()).toHaveLength(3);
  });
});

describe("the newest entries of a journal", () => {
  test("come oldest first, with the bytes of their lines", () => {
    const journal = openJournal(newPath());
    const rows = append(journal, 5, () => ({ actorDid: "é" }));
    expect(journal.newest(2)).toEqual(
      rows.slice(3).map(({ entry, line, timestampMillis }) => ({
        entry,
        timestampMillis,
        bytes: Buffer.byteLength(line),
      })),
    );
    expect(journal.newest(100)).toHaveLength(5);
  });
});

test("a journal shows a reader what is appended while it reads", async () => {
  const path = newPath();
  const journal = openJournal(path);
  const reader = openJournal(path, { readOnly: true });
  expect([reader.length, reader.lastTime]).toEqual([0, [0, 0]]);
  const [, row] = append(journal, 2);
  expect([reader.length, reader.lastTime]).toEqual([2, row?.time]);
  expect(reader.entries()).toHaveLength(2);
});

test("an append takes the next sequence alone", () => {
  const journal = openJournal(newPath());
  append(journal, 2);
  for (const sequence of [1, 3])
    expect(codeOf(() => journal.append(rowOf(sequence)))).toBe("journal_failed");
  expect(journal.length).toBe(2);
});
