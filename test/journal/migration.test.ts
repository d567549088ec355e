import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Journal } from "../../src/journal/index.js";
import { SCHEMA_VERSION, schemaObjects } from "../../src/journal/schema.js";
import { append, openJournal, prunedJournal, START, thrownBy } from "../fixtures/journal.js";

/** A journal of schema version 2 with five entries, the first two of which were pruned. */
function ofVersion2(): string {
  const path = prunedJournal();
  const older = new Set(schemaObjects(2).map(({ name }) => name));
  const database = new DatabaseSync(path);
  for (const { type, name } of schemaObjects(SCHEMA_VERSION))
    if (!older.has(name)) database.exec(`DROP ${type} ${name}`);
  database.exec("PRAGMA user_version = 2");
  database.close();
  return path;
}

function inFile<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const versionOf = (database: DatabaseSync) =>
  database.prepare("PRAGMA user_version").get()?.["user_version"];

describe("a journal of schema version 2", () => {
  test("is brought up to date: nothing can be replaced in it any more, and it goes on, pruning too", () => {
    const path = ofVersion2();
    const journal = openJournal(path, { minimumRetentionDays: 0 });
    append(journal, 1);
    expect(journal.entries().map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2]);
    expect(journal.prune({ olderThan: new Date(START + 4000) })).toEqual({
      pruned: 2,
      prunedBefore: 4,
    });
    journal.close();
    inFile(path, (database) => {
      expect(versionOf(database)).toBe(SCHEMA_VERSION);
      for (const table of ["log", "context", "pruning", "pruned_leaf"])
        expect(() => database.exec(`REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow(
          /append-only/,
        );
    });
  });

  test("is read as it is", () => {
    const path = ofVersion2();
    const reader = openJournal(path, { readOnly: true });
    expect([...reader.lines()]).toHaveLength(3);
    reader.close();
    expect(inFile(path, versionOf)).toBe(2);
  });

  test("is refused without one of its own triggers, and not brought up to date then", () => {
    const path = ofVersion2();
    inFile(path, (database) => database.exec("DROP TRIGGER subtree_update"));
    expect(thrownBy(() => Journal.open(path)).message).toContain("it has no subtree_update");
    expect(inFile(path, versionOf)).toBe(2);
  });
});
