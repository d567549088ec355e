import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { journalFailed } from "./failure.js";
import { realPathOf, statOf, syncFolder } from "./journal-file.js";
import { loadSqlite } from "./sqlite.js";

/** Of Node from 23.8 and 22.16; the typings are of 22.15. */
interface WithBackup {
  readonly backup?: (database: DatabaseSync, path: string) => Promise<unknown>;
}

/**
 * Copies a database that may be written to meanwhile. The copy appears under its name when it is whole and synced.
 *
 * On Node 22.15, which has no `backup`, `VACUUM INTO` makes it, and the process stands still meanwhile.
 *
 * @throws {@link AuditError} `journal_failed`, also when something is at the path already.
 */
export async function backupTo(database: DatabaseSync, path: string): Promise<void> {
  const target = realPathOf(path);
  if (statOf(target) !== undefined)
    throw journalFailed(`${target} is there already; nothing was overwritten. Choose another path`);
  const partial = `${target}.partial`;
  try {
    rmSync(partial, { force: true });
    const { backup } = loadSqlite() as WithBackup;
    if (backup === undefined) database.prepare("VACUUM INTO ?").run(partial);
    else await backup(database, partial);
    const descriptor = openSync(partial, "r+");
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(partial, target);
    syncFolder(dirname(target));
  } catch (cause) {
    throw journalFailed(
      `the backup to ${target} failed; ${partial} can be deleted, if it is there`,
      cause,
    );
  }
}
