import { statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type AuditError, invalidOption } from "../../errors.js";
import { DraftFile, NameTaken, syncFile, syncFolder, withoutLinks } from "./new-file.js";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.js";
import { bytesOf, inTransaction, journalFailed, loadSqlite, openSqlite, statOf } from "./sqlite.js";

/**
 * Returns the absolute path without symbolic links, so that one file has one lock.
 *
 * @throws `AuditError` `invalid_options` when it is not the path of a file; `journal_failed` when
 * its folder is not there.
 */
export function realPathOf(path: unknown): string {
  if (
    typeof path !== "string" ||
    path === "" ||
    path.includes("\0") ||
    /^(?::memory:|file:)/.test(path)
  )
    throw invalidOption("path", "expected the path of a file");
  try {
    const real = withoutLinks(path);
    if (statSync(dirname(real)).isDirectory()) return real;
    throw new Error(`${dirname(real)} is not a folder`);
  } catch (cause) {
    throw journalFailed(`cannot reach the folder of ${path}; create it first`, cause);
  }
}

/**
 * Makes the file of a new journal. It is made whole under another name first, so that an empty file
 * is never taken for a journal that was just begun.
 */
export function createJournalFile(path: string, logId: string): void {
  if (bytesOf(`${path}-wal`) > 0)
    throw journalFailed(
      `${path} is gone, but ${path}-wal is there. Put the journal back beside it, or move both ` +
        "away to begin a new one",
    );
  let draft: DraftFile | undefined;
  try {
    draft = new DraftFile(path, "new");
    const database = openSqlite(draft.path, "write");
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
    draft.keep();
  } catch (cause) {
    draft?.remove();
    throw journalFailed(`cannot create ${path}`, cause);
  }
  syncFolder(dirname(path));
}

/** Node has it from 22.16 and 23.8 on. The typings are those of 22.15. */
interface WithBackup {
  readonly backup?: (database: DatabaseSync, path: string) => Promise<unknown>;
}

/**
 * Copies a database, which may be written to meanwhile, into a file that is there.
 *
 * Node 22.15 has no `backup`. There `VACUUM INTO` makes the copy, and the process stands still.
 */
export async function copyDatabase(database: DatabaseSync, path: string): Promise<void> {
  const { backup } = loadSqlite() as WithBackup;
  if (backup !== undefined) await backup(database, path);
  else {
    truncateSync(path);
    database.prepare("VACUUM INTO ?").run(path);
  }
}

/**
 * Makes a backup. It gets its name when it is whole and synced.
 *
 * @param copy - Copies the database into an empty file.
 * @throws `AuditError` `journal_failed`, also when something is at the path already.
 */
export async function backupTo(
  path: string,
  copy: (draft: string) => Promise<void>,
): Promise<void> {
  const target = realPathOf(path);
  if (statOf(target) !== undefined) throw taken(target);
  let draft: DraftFile | undefined;
  try {
    draft = new DraftFile(target, "partial");
    await copy(draft.path);
    syncFile(draft.path);
    draft.keep();
  } catch (cause) {
    draft?.remove();
    throw cause instanceof NameTaken
      ? taken(target, cause)
      : journalFailed(`the backup to ${target} failed`, cause);
  }
  syncFolder(dirname(target));
}

function taken(target: string, cause?: unknown): AuditError {
  return journalFailed(`${target} exists; nothing was overwritten. Choose another path`, cause);
}
