import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Journal, type JournalOptions } from "../../src/journal/index.js";
import { childWith } from "../fixtures/child.js";
import {
  append,
  behindTriggers,
  codeOf,
  newPath,
  openJournal,
  pruneUnsealed,
  temporaryFolder,
  thrownBy,
  withConnection,
} from "../fixtures/journal.js";
import { inLongRuns } from "../fixtures/long-runs.js";

/**
 * The files of a folder by name, but for the index of the write-ahead log: even to read that,
 * SQLite makes one.
 */
function filesBeside(path: string): { readonly [name: string]: string } {
  const names = readdirSync(dirname(path)).filter((name) => name !== `${basename(path)}-shm`);
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(dirname(path), name), "hex")]),
  );
}

/**
 * Copies a database with its write-ahead log as they lie there, into a folder with nothing else in
 * it.
 */
function copied(path: string): string {
  const copy = newPath();
  for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, copy + suffix);
  return copy;
}

/**
 * A database with what was done to it in its write-ahead log, as a process leaves them that is
 * killed.
 */
function crashed(path: string, sql: string): string {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    if (sql.startsWith("UPDATE")) behindTriggers(database, sql);
    else database.exec(sql);
    return copied(path);
  } finally {
    database.close();
  }
}

/**
 * A journal as it lies there while it is written to, its entries in the write-ahead log; altered by
 * some SQL.
 */
function unclosed(sql = ""): string {
  const path = newPath();
  append(openJournal(path), 3);
  return crashed(copied(path), sql);
}

const ALTERED = "UPDATE entry SET leaf_hash = zeroblob(32) WHERE sequence = 2";

/** Opens a journal, and asks it for its entries. */
function used(path: string, options: JournalOptions): void {
  const journal = Journal.open(path, options);
  try {
    journal.entries();
  } finally {
    journal.close();
  }
}

interface Refusal {
  readonly made: () => string;
  readonly message: RegExp;
  readonly options?: JournalOptions;
  /** An auditor may read it still. */
  readonly readable?: boolean;
}

const REFUSALS: readonly (readonly [string, Refusal])[] = [
  [
    "of a newer schema",
    {
      made: () => unclosed("PRAGMA user_version = 999"),
      message: /schema version 999.*nothing was changed/,
    },
  ],
  [
    "that is another program's",
    {
      made: () =>
        crashed(newPath(), "CREATE TABLE entry (sequence INTEGER); INSERT INTO entry VALUES (1)"),
      message: /the database of another program; nothing was changed/,
    },
  ],
  [
    "that lost a trigger",
    {
      made: () => unclosed("DROP TRIGGER entry_update"),
      message: /it has no trigger entry_update/,
      readable: true,
    },
  ],
  [
    "that lost a table",
    { made: () => unclosed("DROP TABLE rejected"), message: /it has no table rejected/ },
  ],
  [
    "whose newest entry was altered",
    { made: () => unclosed(ALTERED), message: /sequence 2 was damaged or altered/, readable: true },
  ],
  [
    "with torn pages",
    {
      made: () => {
        const path = unclosed();
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 4096));
        return path;
      },
      message: /is damaged, or is not a journal .*; nothing was changed/,
    },
  ],
  [
    "of another log",
    {
      made: () => unclosed(),
      message: /belongs to the log "quorumlog"/,
      options: { logId: "other" },
    },
  ],
];

describe("a journal that was not closed is left as it lies there when it is refused:", () => {
  test.each(REFUSALS)("one %s", (_, { made, message, options, readable = false }) => {
    const path = made();
    const before = filesBeside(path);
    expect(before[`${basename(path)}-wal`]).not.toBe("");
    for (const readOnly of readable ? [false] : [false, true]) {
      expect(thrownBy(() => used(path, { ...options, readOnly })).message).toMatch(message);
      expect(filesBeside(path)).toEqual(before);
    }
  });

  test.each(REFUSALS)(
    "one %s, with the lock file of its last writer",
    (_, { made, message, options }) => {
      const path = made();
      writeFileSync(`${path}.lock`, "");
      const before = filesBeside(path);
      expect(thrownBy(() => Journal.open(path, options)).message).toMatch(message);
      expect(filesBeside(path)).toEqual(before);
    },
  );

  test("what nobody altered is opened, with all of its entries", () => {
    expect([...openJournal(unclosed()).lines()]).toHaveLength(3);
  });
});

describe("a file that was closed is left alone in its folder when it is refused:", () => {
  test.each([
    ["another program's, in WAL mode", "PRAGMA journal_mode = WAL; CREATE TABLE t (a)", {}],
    ["a journal of a newer schema", "PRAGMA user_version = 999", {}],
    ["a journal of another log", "", { logId: "other" }],
  ])("%s", (name, sql, options) => {
    const path = newPath();
    if (name.startsWith("a journal")) openJournal(path).close();
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    const alone = join(temporaryFolder(), "alone.db");
    copyFileSync(path, alone);
    thrownBy(() => Journal.open(alone, options));
    expect(readdirSync(dirname(alone))).toEqual(["alone.db"]);
    expect(readFileSync(alone).equals(readFileSync(path))).toBe(true);
  });
});

describe("a journal that is only read", () => {
  test("changes nothing and makes no files", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 2);
    journal.close();
    rmSync(`${path}.lock`);
    const reader = openJournal(path, { readOnly: true, minimumRetentionDays: 0 });
    expect(reader.entries()).toHaveLength(2);
    for (const call of [
      () => append(reader, 1),
      () => reader.outbox("otlp"),
      () => pruneUnsealed(reader, { olderThan: new Date(0) }),
      () => reader.resend("otlp"),
      () => reader.forgetMirror("otlp"),
    ])
      expect(codeOf(call)).toBe("journal_failed");
    reader.close();
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".lock"))).toEqual([]);
    expect(codeOf(() => reader.length)).toBe("closed");
  });

  test.each([
    ["the empty one that a close beside a reader leaves", true],
    ...inLongRuns<[string, boolean]>(["no write-ahead log", false]),
  ])("can lie in a folder that cannot be written, with %s", async (_, empty) => {
    const folder = temporaryFolder();
    const path = join(folder, "governance.db");
    const journal = openJournal(path);
    append(journal, 2);
    journal.close();
    rmSync(`${path}.lock`);
    if (empty) writeFileSync(`${path}-wal`, "");
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    // a superuser may write anywhere, so the reader is somebody else then
    const child = await childWith(path, [], {
      mode: "read",
      ...(process.getuid?.() === 0 && { user: 65534 }),
    });
    expect(child.said).toMatchObject({ length: 2, entries: 2 });
    const writer = await childWith(path, [], process.getuid?.() === 0 ? { user: 65534 } : {});
    expect(writer.said).toMatchObject({ code: "journal_failed" });
    chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual(
      empty ? ["governance.db", "governance.db-wal"] : ["governance.db"],
    );
  });
});

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
});
