import { AuditError } from "../../errors.js";

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
