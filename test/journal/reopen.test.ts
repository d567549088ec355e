import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import { canonicalLine } from "../../src/entry/line.js";
import { Journal } from "../../src/journal/index.js";
import {
  append,
  codeOf,
  newPath,
  openJournal,
  rowOf,
  temporaryFolder,
  thrownBy,
} from "../fixtures/journal.js";

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

  test("gives back entries that are deeply frozen and seal to the line that was appended", () => {
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

  test("refuses another log id, and a wrong one, by the name of the option", () => {
    const path = newPath();
    openJournal(path, { logId: "one" }).close();
    expect(thrownBy(() => Journal.open(path, { logId: "two" }))).toMatchObject({
      code: "invalid_options",
      field: "logId",
    });
    expect(codeOf(() => Journal.open(path, { logId: "a b" }))).toBe("invalid_options");
    expect(openJournal(path, { logId: "one" }).logId).toBe("one");
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

describe("the options of a journal", () => {
  test.each([
    ["a misspelt one", { readonly: true }],
    ["no object", 5],
    ["a negative retention", { minimumRetentionDays: -1 }],
    ["a text for readOnly", { readOnly: "yes" }],
  ])("are refused: %s", (_, options) => {
    expect(codeOf(() => Journal.open(newPath(), options as never))).toBe("invalid_options");
  });

  test.each(["", ":memory:", "file:governance.db", "a\0b", 7])(
    "are refused for the path %j",
    (path) => {
      expect(codeOf(() => Journal.open(path as never))).toBe("invalid_options");
    },
  );

  test("are refused for a folder that is not there, and for a folder as the file", () => {
    const folder = temporaryFolder();
    expect(codeOf(() => Journal.open(join(folder, "none", "governance.db")))).toBe(
      "journal_failed",
    );
    expect(codeOf(() => Journal.open(folder))).toBe("journal_failed");
    expect(codeOf(() => Journal.open(join(folder, "governance.db"), { readOnly: true }))).toBe(
      "journal_failed",
    );
  });
});
