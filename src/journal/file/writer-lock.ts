import { statSync } from "node:fs";
import { hostname } from "node:os";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { isBusy, JournalHeld, journalFailed, openSqlite, readAccess } from "./sqlite.js";

/**
 * The locks of this process. A journal that nobody refers to any more is garbage collected. Without
 * this set, its lock would go too, while another process may take it for granted.
 */
const locks = new Set<DatabaseSync>();

/**
 * Makes this process the only writer of a journal until the returned function is called. WAL mode
 * would let several processes write in turn, and each would count sequences of its own. So the
 * writer holds an exclusive lock on a file beside the journal. The operating system takes the lock
 * back when the process ends, also by SIGKILL.
 *
 * The lock file stays. If it was deleted, two processes could lock two files of one name.
 *
 * @param path - The path of the journal.
 * @throws `AuditError` `journal_failed` when another process holds the lock. The message names it.
 */
export function lockForWriting(path: string): () => void {
  const file = `${path}.lock`;
  let lock: DatabaseSync | undefined;
  try {
    lock = openSqlite(file, "write");
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    assertHeld(file);
  } catch (cause) {
    lock?.close();
    if (cause instanceof AuditError) throw cause; // there is no SQLite, or it locks nothing
    if (!isBusy(cause))
      throw journalFailed(`cannot lock ${file}; its folder must exist and be writable`, cause);
    throw new JournalHeld(path, ownerOf(path), cause);
  }
  locks.add(lock);
  const held = lock;
  return () => {
    locks.delete(held);
    held.close();
  };
}

/**
 * Throws `journal_failed` unless the lock is held. SQLite opens a file that it may not write to for
 * reading, where BEGIN EXCLUSIVE locks nothing and reports no error.
 */
function assertHeld(file: string): void {
  const other = openSqlite(file, "write");
  try {
    other.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    if (isBusy(cause)) return;
    throw cause;
  } finally {
    other.close();
  }
  throw journalFailed(
    `cannot lock ${file}: this process may not write to it, and then SQLite locks nothing. ` +
      `${belongsTo(file)}Make it writable for the user of this process, or delete it while no ` +
      "process has the journal open",
  );
}

/** Whose file it is, as a sentence; nothing where users have no numbers. */
function belongsTo(file: string): string {
  const { uid, mode } = statSync(file);
  const user = process.geteuid?.();
  if (user === undefined) return "";
  const permissions = (mode & 0o777).toString(8).padStart(4, "0");
  return `It belongs to user ${uid} (mode ${permissions}), and this process is user ${user}. `;
}

/**
 * The claim of this process to be the only writer. It stands in the journal itself, in the row of
 * its owner, and each write depends on it.
 *
 * A lock of the operating system is not enough. POSIX drops the locks of a process on a file
 * whenever the process closes any descriptor of the file. An app that copies the folder of its
 * journal does that, and neither SQLite nor the app hears of it.
 */
export class Ownership {
  readonly #database: DatabaseSync;
  readonly #condition: string;
  readonly #own: StatementSync;

  /**
   * Writes down that this process writes to the journal. From then on, this connection can write
   * only while that row is there: its temporary triggers, which no other connection has, look at it
   * within the transaction of each write.
   *
   * @throws What SQLite throws.
   */
  constructor(database: DatabaseSync) {
    this.#database = database;
    const since = sinceNow(database.prepare("SELECT since FROM owner").get()?.["since"]);
    const { changes } = database
      .prepare("UPDATE owner SET pid = ?, host = ?, since = ?")
      .run(process.pid, hostname(), since);
    if (changes !== 1) throw journalFailed("the row of its owner is missing; verify the journal");
    this.#condition =
      `pid IS ${process.pid} AND host IS '${hostname().replaceAll("'", "''")}' ` +
      `AND since IS '${since}'`;
    this.#own = database.prepare(`SELECT 1 FROM main.owner WHERE ${this.#condition}`);
    this.#guardTables();
  }

  /** Whether this process is still the owner. Throws what SQLite throws. */
  get isKept(): boolean {
    return this.#own.get() !== undefined;
  }

  /** Who is the owner now, such as "process 12 on a.example, since 2026-04-14T12:00:00.000Z,". */
  get holder(): string {
    return ownerIn(this.#database);
  }

  /** Writes down that nobody writes to the journal, unless another process does. */
  end(): void {
    this.#database.exec(
      `UPDATE main.owner SET pid = NULL, host = NULL, since = NULL WHERE ${this.#condition}`,
    );
  }

  #guardTables(): void {
    const tables = this.#database
      .prepare(
        `SELECT name FROM main.sqlite_schema
         WHERE type = 'table' AND name != 'owner' AND name NOT LIKE 'sqlite_%'`,
      )
      .all();
    const triggers = tables.flatMap(({ name }) =>
      ["INSERT", "UPDATE", "DELETE"].map(
        (event) => `CREATE TEMP TRIGGER owned_${name}_${event} BEFORE ${event} ON main.${name}
          WHEN NOT EXISTS (SELECT 1 FROM main.owner WHERE ${this.#condition})
          BEGIN SELECT RAISE(ABORT, 'another process has opened the journal'); END;`,
      ),
    );
    this.#database.exec(`PRAGMA temp_store = MEMORY; BEGIN; ${triggers.join(" ")} COMMIT`);
  }
}

/**
 * When this process became the owner. Two owners in a row never have equal rows, even if their
 * containers give equal names to processes and hosts.
 */
function sinceNow(previous: unknown): string {
  const now = Date.now();
  const since = new Date(now).toISOString();
  return since === previous ? new Date(now + 1).toISOString() : since;
}

/** Names the process that writes to a journal. */
function ownerOf(path: string): string {
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path, readAccess(path));
    return ownerIn(database);
  } catch {
    return "another process"; // the journal cannot be read now, and the message goes without
  } finally {
    database?.close();
  }
}

function ownerIn(database: DatabaseSync): string {
  const row = database.prepare("SELECT pid, host, since FROM owner").get();
  if (row?.["pid"] == null) return "another process";
  return `process ${row["pid"]} on ${row["host"]}, since ${row["since"]},`;
}
