import { accessSync, constants } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DEFAULT_LOG_ID } from "../entry/log-id.js";
import { AuditError } from "../errors.js";
import { damaged, isDamage, journalFailed } from "./failure.js";
import { checkJournal, checkLogId, versionOf } from "./journal-check.js";
import { createJournalFile, statOf } from "./journal-file.js";
import type { ResolvedJournalOptions } from "./options.js";
import { MIGRATIONS, SCHEMA_VERSION } from "./schema.js";
import { type Access, inTransaction, openSqlite } from "./sqlite.js";
import { lockForWriting, type Owner } from "./writer-lock.js";

/** Frames in the WAL before it is copied into the file: four times SQLite's own, since indexes meet in the same pages. */
const CHECKPOINT_PAGES = 4000;

/** In KiB. */
const CACHE = 16_384;

/** A journal's database with the lock that it is written under. */
export interface OpenedJournal {
  readonly database: DatabaseSync;
  readonly logId: string;
  readonly unlock: () => void;
}

/**
 * Opens the database of a journal, or makes it when it is opened for writing and nothing is there.
 *
 * @param path - Absolute, without symbolic links.
 * @throws {@link AuditError} `journal_failed`, `invalid_options` for another log id. What is refused is left as it was.
 */
export function openJournal(path: string, options: ResolvedJournalOptions): OpenedJournal {
  try {
    if (!options.readOnly) return openForWriting(path, options);
    if (statOf(path) === undefined) throw journalFailed(`there is no ${path} to read`);
    return { ...openChecked(path, options, readAccess(path)), unlock: () => {} };
  } catch (cause) {
    throw readFailure(path, cause);
  }
}

/** `journal_failed` for what SQLite threw; an `AuditError` stays as it is. */
export function readFailure(path: string, cause: unknown): AuditError {
  if (cause instanceof AuditError) return cause;
  return isDamage(cause) ? damaged(path, cause) : journalFailed(`${path} cannot be read`, cause);
}

/** Names no owner any more, and copies the write-ahead log into the file. */
export function release(database: DatabaseSync): void {
  database.exec("UPDATE owner SET pid = NULL, host = NULL, since = NULL");
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function openForWriting(path: string, options: ResolvedJournalOptions): OpenedJournal {
  const lock = () => lockForWriting(path, () => ownerOf(path));
  // a lock file beside what is refused would be a change; where there is one, nobody need write during the checks
  let unlock = statOf(`${path}.lock`) === undefined ? undefined : lock();
  let database: DatabaseSync | undefined;
  try {
    // on a connection that cannot write: closing one that can folds the write-ahead log into the file
    if (statOf(path) !== undefined)
      openChecked(path, options, hasFrames(path) ? "read" : "immutable").database.close();
    unlock ??= lock();
    if (statOf(path) === undefined) createJournalFile(path, options.logId ?? DEFAULT_LOG_ID);
    database = openSqlite(path, "write");
    // once more: until the lock was held, another process may have begun the journal, or brought it up to date
    const version = versionOf(database, path);
    const logId = checkLogId(database, options);
    prepare(database, version);
    return { database, logId, unlock };
  } catch (cause) {
    database?.close();
    unlock?.();
    throw cause;
  }
}

function openChecked(
  path: string,
  options: ResolvedJournalOptions,
  access: Access,
): Pick<OpenedJournal, "database" | "logId"> {
  const stat = statOf(path);
  if (!stat?.isFile()) throw journalFailed(`${path} is not a file`);
  if (stat.size === 0) throw damaged(path, new Error("the file is empty"));
  const database = openSqlite(path, access);
  try {
    return { database, logId: checkJournal(database, path, options) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes a journal ready for its writer. */
function prepare(database: DatabaseSync, version: number): void {
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA cache_size = -${CACHE};
     PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
  );
  migrate(database, version);
  claim(database);
}

function claim(database: DatabaseSync): void {
  database
    .prepare("UPDATE owner SET pid = ?, host = ?, since = ?")
    .run(process.pid, hostname(), new Date().toISOString());
}

/** A file in WAL mode needs a -shm beside it even to be read, unless it is promised that nobody writes. */
function readAccess(path: string): Access {
  if (hasFrames(path)) return "read";
  try {
    accessSync(dirname(path), constants.W_OK);
    return "read";
  } catch {
    return "immutable";
  }
}

/** Whether the write-ahead log has anything in it; a close beside a reader leaves an empty one. */
function hasFrames(path: string): boolean {
  return (statOf(`${path}-wal`)?.size ?? 0) > 0;
}

/** Brings a journal of an earlier version up to date, in one transaction. */
function migrate(database: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  inTransaction(database, () => {
    for (let to = version + 1; to <= SCHEMA_VERSION; to++) database.exec(MIGRATIONS[to] ?? "");
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

function ownerOf(path: string): Owner | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path, "read");
    const row = database.prepare("SELECT pid, host, since FROM owner").get();
    if (row?.["pid"] == null) return undefined;
    return { pid: Number(row["pid"]), host: String(row["host"]), since: String(row["since"]) };
  } catch {
    return undefined; // the message does without it
  } finally {
    database?.close();
  }
}
