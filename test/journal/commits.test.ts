import { copyFileSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Access, openSqlite } from "../../src/journal/file/sqlite.js";
import type { Journal, JournalRow } from "../../src/journal/index.js";
import { append, newPath, openJournal, rowOf, thrownBy } from "../fixtures/journal.js";

/** A journal with the connection that it writes through. */
function withConnection(path: string): {
  readonly journal: Journal;
  readonly database: DatabaseSync;
} {
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  const journal = openJournal(path);
  const database = exec.mock.contexts.at(-1) as DatabaseSync;
  exec.mockRestore();
  return { journal, database };
}

const pragmaOf = (database: DatabaseSync, name: string) =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

describe("a journal that is written to", () => {
  test.each([
    ["begun", () => newPath()],
    [
      "opened again",
      () => {
        const path = newPath();
        openJournal(path).close();
        return path;
      },
    ],
  ])("syncs each commit to the disk itself: one %s", (_, made) => {
    const { database } = withConnection(made());
    const settings = ["journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync"];
    expect(settings.map((name) => pragmaOf(database, name))).toEqual(["wal", 2, 1, 1]); // 2 is FULL
  });

  test.each<Access>(["write", "read", "immutable"])(
    "waits two seconds for a lock (%s)",
    (access) => {
      const path = newPath();
      openJournal(path).close();
      const database = openSqlite(path, access);
      onTestFinished(() => database.close());
      expect(pragmaOf(database, "busy_timeout")).toBe(2000);
    },
  );
});

describe("an append while another connection holds the file locked", () => {
  test.each([
    ["of one entry", 1],
    ["of several in one transaction", 2],
  ])("%s waits, fails, and is nowhere; the next one takes its sequence", (_, count) => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    const rows = Array.from({ length: count }, (_row, index) => rowOf(2 + index));
    const other = new DatabaseSync(path);
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    const start = performance.now();
    const error = thrownBy(() => journal.append(...rows));
    expect(performance.now() - start).toBeGreaterThan(1500);
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("locked");
    expect([journal.length, journal.count()]).toEqual([2, 2]);
    other.exec("ROLLBACK");
    journal.append(...rows);
    const sequences = Array.from({ length: 2 + count }, (_row, sequence) => sequence);
    expect(journal.entries({ order: "oldest" }).map(({ sequence }) => sequence)).toEqual(sequences);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(2 + count);
  });
});

describe("a file that is replaced after it was looked at and before the commit", () => {
  /** Appends a row, and has another file in the journal's place at the moment of its INSERT. */
  function appendWhileReplaced(journal: Journal, row: JournalRow): void {
    const { run } = StatementSync.prototype;
    const spy = vi.spyOn(StatementSync.prototype, "run").mockImplementationOnce(function (
      this: StatementSync,
      ...values
    ) {
      renameSync(journal.path, `${journal.path}.away`);
      copyFileSync(`${journal.path}.away`, journal.path);
      return Reflect.apply(run, this, values);
    });
    try {
      journal.append(row);
    } finally {
      spy.mockRestore();
    }
  }

  test("makes the append fail, and all later ones, though SQLite committed it", () => {
    const journal = openJournal(newPath());
    append(journal, 2);
    const error = thrownBy(() => appendWhileReplaced(journal, rowOf(2)));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("deleted, moved or replaced");
    expect(journal.length).toBe(2);
    rmSync(journal.path);
    renameSync(`${journal.path}.away`, journal.path);
    // it has an entry that nobody was told of
    expect(thrownBy(() => append(journal, 1)).message).toContain("deleted, moved or replaced");
  });
});
