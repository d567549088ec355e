import type { DatabaseSync } from "node:sqlite";
import { isBusy, journalFailed } from "./failure.js";
import { openSqlite } from "./sqlite.js";

/** What a journal says about who writes to it. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** RFC 3339. */
  readonly since: string;
}

/** Locks of this process. A journal that nobody refers to any more is collected, and its lock would go with it. */
const held = new Set<DatabaseSync>();

/**
 * Makes this process the only writer of a journal, for as long as the returned function is not called. WAL lets several
 * processes write in turn, each with a sequence of its own in mind; so the writer holds an exclusive lock on a file
 * beside it, which the operating system takes back when the process ends, by SIGKILL too.
 *
 * The lock file stays: deleting it would let two processes lock two files of one name.
 *
 * @param path - Of the journal.
 * @param ownerOf - Who writes to it, to be asked when the lock is held.
 * @throws {@link AuditError} `journal_failed` that says who holds it.
 */
export function lockForWriting(path: string, ownerOf: () => Owner | undefined): () => void {
  const file = `${path}.lock`;
  let lock: DatabaseSync | undefined;
  try {
    lock = openSqlite(file, "write");
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock?.close();
    if (!isBusy(cause))
      throw journalFailed(`cannot lock ${file}; its folder must exist and be writable`, cause);
    const owner = ownerOf();
    const holder =
      owner === undefined
        ? "another process"
        : `process ${owner.pid} on ${owner.host}, since ${owner.since},`;
    throw journalFailed(
      `${holder} has ${path} open for writing; close it there, or open it here with readOnly: true`,
      cause,
    );
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}
