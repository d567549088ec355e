import { AuditError } from "../errors.js";

/** `journal_failed`; the message says what to do. */
export function journalFailed(message: string, cause?: unknown): AuditError {
  const reason =
    cause instanceof Error && !(cause instanceof AuditError) ? ` (${cause.message})` : "";
  return new AuditError("journal_failed", `journal: ${message}${reason}`, { cause });
}

/** `journal_failed` for a file that is damaged or no journal. */
export function damaged(path: string, cause: unknown): AuditError {
  return journalFailed(
    `${path} is damaged or no journal at all; nothing was changed. Restore it from a backup (Journal.backup), or move ` +
      "it away to begin a new log, and keep it: an auditor may still read parts of it",
    cause,
  );
}

const DAMAGED: ReadonlySet<unknown> = new Set([11, 26]); // SQLITE_CORRUPT, SQLITE_NOTADB

/** True when SQLite says that the file is damaged or not a database at all. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.has(errcodeOf(error));
}

const BUSY = 5; // SQLITE_BUSY

/** True when another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return errcodeOf(error) === BUSY;
}

/** The primary code of SQLite; the extended ones have it in their low byte. */
function errcodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}
