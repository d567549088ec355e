import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { journalFailed } from "./failure.js";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.js";
import { inTransaction, openSqlite } from "./sqlite.js";

/** The absolute path without symbolic links, so that one file has one lock. Throws `journal_failed`. */
export function realPathOf(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    // not there yet: its folder must be
  }
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch (cause) {
    throw journalFailed(`the folder of ${absolute} cannot be reached; create it first`, cause);
  }
}

/**
 * Makes the file of a new journal, whole or not at all: under another name first, so that an empty file under its own
 * is never taken for one that was just begun.
 */
export function createJournalFile(path: string, logId: string): void {
  if ((statOf(`${path}-wal`)?.size ?? 0) > 0)
    throw journalFailed(
      `${path} is gone, but ${path}-wal is there: put the journal back beside it, or move both away to begin anew`,
    );
  const draft = `${path}.new`;
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(draft + suffix, { force: true });
  try {
    const database = openSqlite(draft, "write");
    try {
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      inTransaction(database, () => {
        database.exec(SCHEMA);
        const insert = database.prepare(
          "INSERT INTO log (only, log_id, created_at) VALUES (0, ?, ?)",
        );
        insert.run(logId, new Date().toISOString());
        database.exec(
          `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`,
        );
      });
    } finally {
      database.close();
    }
    renameSync(draft, path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw journalFailed(`cannot create ${path}`, cause);
  }
}

/** What is at a path, if anything is. */
export function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Makes a name in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // it opens no folders
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Tells whether a path still leads to the file that was opened: SQLite goes on committing, without an error, into a file
 * that was deleted. Looks by name alone; opening and closing the file here would drop SQLite's POSIX locks on it.
 */
export class FilePlace {
  readonly #path: string;
  readonly #device: bigint;
  readonly #inode: bigint;
  #lost = false;

  /** Remembers what is at the path. */
  constructor(path: string) {
    const { dev, ino } = statSync(path, { bigint: true });
    this.#path = path;
    this.#device = dev;
    this.#inode = ino;
  }

  /** True when something was committed into a file that is not there any more. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Whether the path still leads to it. */
  get isKept(): boolean {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && found.dev === this.#device && found.ino === this.#inode;
  }

  /** Before a commit. Throws `journal_failed` when the file was deleted, moved or replaced. */
  assertKept(): void {
    if (this.#lost || !this.isKept)
      throw journalFailed(
        `${this.#path} was deleted, moved or replaced; nothing was recorded. Put it back, or open a journal anew`,
      );
  }

  /** After a commit, the same; a file that has what nobody was told of is not written to again. */
  assertKeptStill(): void {
    this.#lost = !this.isKept;
    this.assertKept();
  }
}
