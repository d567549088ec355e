import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { isBusy, JournalHeld, journalFailed } from "./failure.js";
import { readAccess } from "./quiet-reader.js";
import { openSqlite } from "./sqlite.js";

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
  } catch (cause) {
    lock?.close();
    if (cause instanceof AuditError) throw cause; // there is no SQLite
    if (!isBusy(cause))
      throw journalFailed(`cannot lock ${file}; its folder must exist and be writable`, cause);
    throw new JournalHeld(path, ownerOf(path), cause);
  }
  locks.add(lock);
  return () => {
    locks.delete(lock);
    lock.close();
  };
}

/** Writes down that this process writes to the journal, for {@link lockForWriting} to name. */
export function setOwner(database: DatabaseSync): void {
  database
    .prepare("UPDATE owner SET pid = ?, host = ?, since = ?")
    .run(process.pid, hostname(), new Date().toISOString());
}

/** Writes down that nobody writes to the journal. */
export function clearOwner(database: DatabaseSync): void {
  database.exec("UPDATE owner SET pid = NULL, host = NULL, since = NULL");
}

/** Names the process that writes to a journal. */
function ownerOf(path: string): string {
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path, readAccess(path));
    const row = database.prepare("SELECT pid, host, since FROM owner").get();
    if (row?.["pid"] == null) return "another process";
    return `process ${row["pid"]} on ${row["host"]}, since ${row["since"]},`;
  } catch {
    return "another process"; // the journal cannot be read now, and the message goes without
  } finally {
    database?.close();
  }
}
