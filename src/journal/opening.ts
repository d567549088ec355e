import { accessSync, constants, type Stats } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { DEFAULT_LOG_ID } from "../entry/log-id.js";
import { AuditError } from "../errors.js";
import { type EntryRow, entryFromRow } from "./entries/entry-row.js";
import { checkDatabase, checkLogId, versionOf } from "./file/checks.js";
import { Connection, isReadable, type OpenedDatabase } from "./file/connection.js";
import { createJournalFile, realPathOf } from "./file/journal-file.js";
import { lostCommits } from "./file/log-frames.js";
import { BESIDE_SQLITE } from "./file/new-file.js";
import { assertOneName } from "./file/one-name.js";
import { QuietReader } from "./file/quiet-reader.js";
import { MIGRATIONS, SCHEMA_VERSION } from "./file/schema.js";
import {
  bytesOf,
  damaged,
  inTransaction,
  journalFailed,
  openSqlite,
  readAccess,
  readFailure,
  statOf,
} from "./file/sqlite.js";
import { MAX_WAL_BYTES } from "./file/write-ahead-log.js";
import { WriteGuard } from "./file/write-guard.js";
import { lockForWriting } from "./file/writer-lock.js";
import type { ResolvedJournalOptions } from "./options.js";

const CACHE_KIB = 16_384;

/** Each commit is synced, so a power failure can leave only the last one in parts. */
const UNSYNCED_COMMITS = 1;

/** How many of the newest entries are checked before a journal is written to. */
const CHECKED_ENTRIES = 16;

/**
 * Opens the file of a journal. If there is none, and it is opened for writing, makes it.
 *
 * @throws `AuditError` `journal_failed`; `invalid_options` for the path, and for another log id. A
 * file that is refused is left as it was.
 */
export function openJournal(path: string, options: ResolvedJournalOptions): Connection {
  const file = realPathOf(path);
  const { readOnly } = options;
  try {
    return readOnly ? openForReading(file, options) : openForWriting(file, options);
  } catch (cause) {
    if (cause instanceof AuditError) throw cause;
    const foreign = foreignFile(file, readOnly ? constants.R_OK : constants.W_OK);
    const reason = foreign ?? interruptedWrite(file);
    throw reason === undefined ? readFailure(file, cause) : journalFailed(reason, cause);
  }
}

function openForReading(path: string, options: ResolvedJournalOptions): Connection {
  if (statOf(path) === undefined)
    throw journalFailed(`there is no file ${path} to read; check the path`);
  assertNotEmpty(path);
  assertAreFiles(besideOf(path));
  const access = new QuietReader(path);
  try {
    const checked = access.read(() => check(access.database, path, options));
    return new Connection({ path, access, ...checked });
  } catch (error) {
    access.abandon();
    throw error;
  }
}

function openForWriting(path: string, options: ResolvedJournalOptions): Connection {
  assertAreFiles([`${path}.lock`, ...besideOf(path)]);
  // A file that is refused must not get a lock file beside it. If there is one already, the lock is
  // taken first, so that nobody writes during the checks.
  let unlock = statOf(`${path}.lock`) === undefined ? undefined : lockForWriting(path);
  let database: DatabaseSync | undefined;
  try {
    // The checks use a connection that cannot write. One that can would copy the write-ahead log
    // into the file when it is closed.
    if (statOf(path) !== undefined) checkBeforeWriting(path, options);
    unlock ??= lockForWriting(path);
    if (statOf(path) === undefined) createJournalFile(path, options.logId ?? DEFAULT_LOG_ID);
    assertNothingLost(path);
    database = openSqlite(path, "write");
    // Before this process held the lock, another one may have begun the journal or updated it.
    const version = versionOf(database, path);
    const logId = checkLogId(database, options.logId);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
       PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = 0;
       PRAGMA journal_size_limit = ${MAX_WAL_BYTES}; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    migrate(database, version);
    const access = new WriteGuard({ path, database, unlock });
    return new Connection({ path, logId, differences: [], access });
  } catch (cause) {
    database?.close();
    unlock?.();
    throw cause;
  }
}

/** SQLite reads a write-ahead log up to the first damage, and then writes over the rest. */
function assertNothingLost(path: string): void {
  const lost = lostCommits(`${path}-wal`);
  if (lost <= UNSYNCED_COMMITS) return;
  throw journalFailed(
    `${path}-wal is damaged: ${lost} writes behind the damage cannot be read; nothing was ` +
      "changed. Keep a copy of all files. Restore a backup or what was mirrored. To go on " +
      `without these writes, run: sqlite3 ${path} "PRAGMA wal_checkpoint(TRUNCATE)"`,
  );
}

function checkBeforeWriting(path: string, options: ResolvedJournalOptions): void {
  assertOneName(path, assertNotEmpty(path));
  const database = openSqlite(path, readAccess(path));
  try {
    const { logId } = check(database, path, options);
    checkNewestEntries(database, logId);
  } finally {
    database.close();
  }
}

function assertNotEmpty(path: string): Stats {
  const stat = statOf(path);
  if (!stat?.isFile()) throw journalFailed(`${path} is not a file; choose another path`);
  if (stat.size === 0) throw damaged(path, new Error("the file is empty"));
  return stat;
}

/** What SQLite opens beside a file. */
function besideOf(path: string): readonly string[] {
  return BESIDE_SQLITE.map((suffix) => path + suffix);
}

/** To open a named pipe would wait for ever. Of a folder, SQLite says only that it cannot. */
function assertAreFiles(paths: readonly string[]): void {
  for (const file of paths)
    if (statOf(file)?.isFile() === false)
      throw journalFailed(`${file} is not a file; nothing was changed. Move it away`);
}

function check(
  database: DatabaseSync,
  path: string,
  { readOnly, logId: expected }: ResolvedJournalOptions,
): Pick<OpenedDatabase, "logId" | "differences"> {
  const differences = checkDatabase(database, path, readOnly);
  // A table that is not the journal's may be a view that never ends.
  const logId = isReadable(differences) ? checkLogId(database, expected) : "";
  return { logId, differences };
}

function checkNewestEntries(database: DatabaseSync, logId: string): void {
  const rows = database
    .prepare(
      "SELECT sequence, leaf_hash AS leafHash, line FROM entry ORDER BY sequence DESC LIMIT ?",
    )
    .all(CHECKED_ENTRIES);
  for (const row of rows) entryFromRow(row as unknown as EntryRow, logId);
}

/** Brings a journal of an earlier schema version up to date, in one transaction. */
function migrate(database: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  inTransaction(database, () => {
    for (let to = version + 1; to <= SCHEMA_VERSION; to++) database.exec(MIGRATIONS[to] ?? "");
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/**
 * A file of a journal that this process may not use, and whose it is, in words for an error.
 * Undefined if there is none.
 *
 * @param mode - What it needs: a constant of `fs.constants`.
 */
function foreignFile(path: string, mode: number): string | undefined {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const stat = statOf(file);
    if (stat === undefined) continue;
    try {
      accessSync(file, mode);
    } catch {
      const mine = process.getuid?.();
      return (
        `${file} belongs to the user ${stat.uid}, and this process (user ${mine}) may not use ` +
        "it. Give it to this user (chown); do not delete it while it has a content"
      );
    }
  }
  return undefined;
}

/** In words, the rollback journal that SQLite wants to write into a file. No journal has one. */
function interruptedWrite(path: string): string | undefined {
  if (bytesOf(`${path}-journal`) === 0) return undefined;
  return (
    `${path}-journal is beside the file. Another program was interrupted while it wrote to the ` +
    "file, or it belongs to another file; nothing was changed. If it belongs to another file, " +
    "move it away. Else copy both files, open the copy with the sqlite3 shell, which undoes what " +
    "was interrupted, and verify it"
  );
}
