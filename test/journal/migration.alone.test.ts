import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Journal } from "../../src/journal/index.js";
import { append, openJournal, prunedJournal, thrownBy } from "../fixtures/journal.js";

/** What a release changes in `schema.ts` to add a table. */
const NOTE = "CREATE TABLE note (sequence INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT;";

async function nextRelease(migration = NOTE): Promise<typeof Journal> {
  vi.resetModules();
  vi.doMock("../../src/journal/file/schema.js", async (original) => {
    const schema = await original<typeof import("../../src/journal/file/schema.js")>();
    return {
      ...schema,
      SCHEMA: schema.SCHEMA + NOTE,
      SCHEMA_VERSION: 5,
      MIGRATIONS: { 5: migration },
    };
  });
  return (await import("../../src/journal/index.js")).Journal;
}

afterEach(() => {
  vi.doUnmock("../../src/journal/file/schema.js");
  vi.resetModules();
});

function inFile<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const versionOf = (path: string) =>
  inFile(path, (database) => database.prepare("PRAGMA user_version").get()?.["user_version"]);

describe("a journal of version 4, opened by a release whose schema has version 5,", () => {
  test("is brought up to date when it is opened for writing, and goes on", async () => {
    const path = prunedJournal();
    const { open } = await nextRelease();
    const journal = open(path);
    append(journal, 1);
    expect(journal.entries().map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2]);
    journal.close();
    expect(versionOf(path)).toBe(5);
    expect(inFile(path, (file) => file.prepare("SELECT * FROM note").all())).toEqual([]);
    open(path).close();
    // by now it is newer than this release, which does not touch it
    expect(thrownBy(() => Journal.open(path)).message).toMatch(
      /schema version 5, .*Update Quorumlog/,
    );
  });

  test("is read as it is", async () => {
    const path = prunedJournal();
    const reader = (await nextRelease()).open(path, { readOnly: true });
    expect([...reader.lines()]).toHaveLength(3);
    reader.close();
    expect(versionOf(path)).toBe(4);
  });

  test("is left as it was when a migration fails", async () => {
    const path = prunedJournal();
    const { open } = await nextRelease(`${NOTE} DELETE FROM entry`);
    expect(() => open(path)).toThrow(/append-only/);
    expect(versionOf(path)).toBe(4);
    expect(() => inFile(path, (file) => file.exec("SELECT * FROM note"))).toThrow(/no such table/);
    expect(openJournal(path).length).toBe(5);
  });

  test("is refused without one of its own triggers, and not brought up to date then", async () => {
    const path = prunedJournal();
    inFile(path, (database) => database.exec("DROP TRIGGER subtree_update"));
    const { open } = await nextRelease();
    expect(() => open(path)).toThrow(/it has no trigger subtree_update/);
    expect(versionOf(path)).toBe(4);
  });
});

test.each([0, 1, 2, 3])(
  "a journal of version %i, from before the first release, is refused",
  (version) => {
    const path = prunedJournal();
    inFile(path, (database) => database.exec(`PRAGMA user_version = ${version}`));
    const before = readFileSync(path);
    for (const readOnly of [false, true])
      expect(thrownBy(() => Journal.open(path, { readOnly }))).toMatchObject({
        code: "journal_failed",
        message: expect.stringMatching(
          /before its first release; nothing was changed\. Export it with that version, or begin/,
        ),
      });
    expect(readFileSync(path).equals(before)).toBe(true);
  },
);
