import { copyFileSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Journal, JournalRow } from "../../../src/journal/index.js";
import {
  append,
  codeOf,
  newPath,
  openJournal,
  rowOf,
  tamper,
  thrownBy,
  withConnection,
} from "../../fixtures/journal.js";

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

describe("appending to a journal", () => {
  test("fails while the disk is full, leaves no trace, and goes on afterwards", async () => {
    const path = newPath();
    const { journal, database } = withConnection(path);
    const limitTo = (pages: number) => database.exec(`PRAGMA max_page_count = ${pages}`);
    append(journal, 2);
    // the limit of pages stands for a full disk: SQLite reports both as SQLITE_FULL
    limitTo(1);
    const huge = { details: { text: "x".repeat(60_000) } };
    const error = thrownBy(() => {
      for (;;) append(journal, 1, () => huge);
    });
    expect(error.code).toBe("journal_failed");
    expect(String((error.cause as Error).message)).toContain("full");
    const { length } = journal;
    expect(journal.entries({ limit: 1000 })).toHaveLength(length);
    limitTo(1_000_000);
    append(journal, 1, () => huge);
    expect(journal.length).toBe(length + 1);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(length + 1);
  });

  test("fails once the file was deleted, and says so", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    rmSync(path);
    const error = thrownBy(() => append(journal, 1));
    expect(error.code).toBe("journal_failed");
    expect(error.message).toContain("deleted, moved or replaced");
    expect(journal.length).toBe(2);
  });

  test("says that another program removed entries, where that is why the next one is refused", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 3);
    tamper(path, "DELETE FROM entry WHERE sequence = 2");
    expect(thrownBy(() => append(journal, 1)).message).toContain(
      `${path} lacks entries that this process wrote, or has others`,
    );
  });

  test("goes on once a file that was moved away is back", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    renameSync(path, `${path}.away`);
    expect(codeOf(() => append(journal, 1))).toBe("journal_failed");
    renameSync(`${path}.away`, path);
    append(journal, 1);
    journal.close();
    expect([...openJournal(path).lines()]).toHaveLength(3);
  });

  test("fails once another file took its place", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    copyFileSync(path, `${path}.copy`);
    rmSync(path);
    copyFileSync(`${path}.copy`, path);
    expect(codeOf(() => append(journal, 1))).toBe("journal_failed");
  });
});
