import { type Stats, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { AuditError } from "../../errors.js";

/** How long a statement waits for a lock, such as one that an auditor's shell holds. */
export const BUSY_TIMEOUT_MILLIS = 2000;

/** What each connection begins with. Node 22.15 ignores the option `timeout`. */
export const CONNECTION_SETUP: string = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS};
  PRAGMA trusted_schema = OFF`;

/**
 * How a file is opened. `immutable` trusts that nobody writes to the file. It is the only way to
 * read a file in WAL mode in a folder that cannot be written.
 */
export type Access = "write" | "read" | "immutable";

/**
 * How a journal is opened so that reading it leaves nothing behind. A connection that SQLite shares
 * with a writer makes a `-wal` and a `-shm`, and cannot remove them: if they belong to another user
 * than the writer, the writer cannot begin. So while nobody writes, and everything that was written
 * is in the file itself, it is read as a file that nobody changes.
 */
export function readAccess(path: string): Access {
  const hasFrames = bytesOf(`${path}-wal`) > 0 || bytesOf(`${path}-journal`) > 0;
  return hasFrames ? "read" : "immutable";
}

/** What is at a path, if anything is. */
export function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** The size of a file; 0 when there is none. */
export function bytesOf(path: string): number {
  return statOf(path)?.size ?? 0;
}

/** The rows of a query. */
export type Rows = readonly { readonly [column: string]: unknown }[];

/**
 * Opens an SQLite file.
 *
 * @param path - Absolute. SQLite would take a path that begins with `file:` for a URI.
 */
export function openSqlite(path: string, access: Access): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(access === "immutable" ? urlOf(path, access) : path, {
    readOnly: access !== "write",
  });
  database.exec(CONNECTION_SETUP);
  return database;
}

/** Loads `node:sqlite` on first use. Node 22 warns when it is loaded, since it is experimental. */
export function loadSqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = (...warning: unknown[]) => {
    if (!String(warning[0]).startsWith("SQLite is an experimental feature"))
      Reflect.apply(emitWarning, process, warning);
  };
  try {
    const sqlite: typeof import("node:sqlite") | undefined =
      process.getBuiltinModule("node:sqlite");
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw journalFailed("this Node.js has no node:sqlite; run it without --no-experimental-sqlite");
}

/** The URL by which SQLite opens a file. */
export function urlOf(path: string, access: Access): URL {
  const url = pathToFileURL(path);
  if (access === "immutable") url.search = "?immutable=1";
  return url;
}

/** Runs `work` in one transaction. If `work` throws, the transaction is rolled back. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // A commit that failed may have rolled back already. The first error says more.
    }
    throw error;
  }
}

/** Makes a `journal_failed`. The message says what happened, then what to do. */
export function journalFailed(message: string, cause?: unknown): AuditError {
  return new AuditError("journal_failed", `journal: ${message}${reasonOf(cause)}`, { cause });
}

/** Makes a `journal_failed` for a file that is damaged, or that is not a journal. */
export function damaged(path: string, cause: unknown): AuditError {
  return new AuditError(
    "journal_failed",
    `journal: ${path} is damaged, or is not a journal${reasonOf(cause)}; nothing was changed. ` +
      "Restore it from a backup (Journal.backup). Or move it away and begin a new log, but keep " +
      "it: an auditor may still read parts of it",
    { cause },
  );
}

/** Makes a `journal_failed` for a row that SQLite took without an error, and did not write. */
export function notInserted(table: string): AuditError {
  return journalFailed(
    `SQLite took a row of ${table} and did not write it: a trigger that is not the journal's ` +
      "must have ignored it. Verify the journal (quorumlog verify)",
  );
}

/** A `journal_failed`: somebody else has the journal open for writing. */
export class JournalHeld extends AuditError {
  /** Who it is, such as "process 12 on a.example, since 2026-04-14T12:00:00.000Z,". */
  readonly holder: string;

  /** Makes the error for the journal at a path. */
  constructor(path: string, holder: string, cause: unknown) {
    super(
      "journal_failed",
      `journal: ${holder} has ${path} open for writing; close it there, or open it here with ` +
        "readOnly: true",
      { cause },
    );
    this.holder = holder;
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && !(cause instanceof AuditError) ? ` (${cause.message})` : "";
}

/** Makes a `journal_failed` of what SQLite threw at a read. An `AuditError` stays as it is. */
export function readFailure(path: string, cause: unknown): AuditError {
  if (cause instanceof AuditError) return cause;
  return DAMAGE.has(errcodeOf(cause))
    ? damaged(path, cause)
    : journalFailed(`${path} cannot be read`, cause);
}

const DAMAGE: ReadonlySet<unknown> = new Set([11, 26]); // SQLITE_CORRUPT, SQLITE_NOTADB
const BUSY = 5; // SQLITE_BUSY
const UNREACHABLE: ReadonlySet<unknown> = new Set([7, 10, 14]); // NOMEM, IOERR, CANTOPEN

/** Whether SQLite failed because another connection holds the lock that it needed. */
export function isBusy(error: unknown): boolean {
  return errcodeOf(error) === BUSY;
}

/** Whether SQLite failed before it could see what a file holds. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(errcodeOf(error));
}

/** What SQLite says of its codes (sqlite3_errstr). Deno gives this text alone. */
const TEXTS: ReadonlyMap<string, number> = new Map([
  ["database is locked", 5],
  ["out of memory", 7],
  ["disk I/O error", 10],
  ["database disk image is malformed", 11],
  ["unable to open database file", 14],
  ["file is not a database", 26],
]);

/** The primary error code of SQLite. The extended codes have it in their low byte. */
function errcodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "errcode" in error ? error.errcode : TEXTS.get(error.message);
  return typeof code === "number" ? code & 0xff : undefined;
}
