import { accessSync, constants } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DEFAULT_LOG_ID } from "../entry/log-id.js";
import { AuditError } from "../errors.js";
import { isDamage, journalFailed } from "./failure.js";
import { createJournalFile, statOf } from "./journal-file.js";
import { type ResolvedJournalOptions, refuseLogId } from "./options.js";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_OBJECTS, SCHEMA_VERSION } from "./schema.js";
import { type Access, inTransaction, openSqlite } from "./sqlite.js";
import { lockForWriting, type Owner } from "./writer-lock.js";

/** Up to this size opening checks every page; the rest are checked as they are read. About 0.15 s (measured). */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

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
 * @throws {@link AuditError} `journal_failed`, `invalid_options` for another log id. Nothing is overwritten.
 */
export function openJournal(path: string, options: ResolvedJournalOptions): OpenedJournal {
  const { readOnly, logId: asked } = options;
  if (readOnly && statOf(path) === undefined) throw journalFailed(`there is no ${path} to read`);
  const unlock = readOnly ? () => {} : lockForWriting(path, () => ownerOf(path));
  let database: DatabaseSync | undefined;
  try {
    if (statOf(path) === undefined) createJournalFile(path, asked ?? DEFAULT_LOG_ID);
    database = openChecked(path, readOnly);
    const logId = String(database.prepare("SELECT log_id FROM log").get()?.["log_id"]);
    if (asked !== undefined && asked !== logId) throw refuseLogId(asked, logId);
    if (!readOnly) claim(database);
    return { database, logId, unlock };
  } catch (cause) {
    database?.close();
    unlock();
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

function damaged(path: string, cause: unknown): AuditError {
  return journalFailed(
    `${path} is damaged or no journal at all; nothing was changed. Restore it from a backup (Journal.backup), or move ` +
      "it away to begin a new log, and keep it: an auditor may still read parts of it",
    cause,
  );
}

function claim(database: DatabaseSync): void {
  database
    .prepare("UPDATE owner SET pid = ?, host = ?, since = ?")
    .run(process.pid, hostname(), new Date().toISOString());
}

function openChecked(path: string, readOnly: boolean): DatabaseSync {
  const stat = statOf(path);
  if (!stat?.isFile()) throw journalFailed(`${path} is not a file`);
  if (stat.size === 0) throw damaged(path, new Error("the file is empty"));
  const database = openSqlite(path, readOnly ? readAccess(path) : "write");
  try {
    const version = versionOf(database, path);
    if (!readOnly) {
      database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA cache_size = -${CACHE};
         PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
      );
      migrate(database, version);
    } else if (version < SCHEMA_VERSION)
      throw journalFailed(`${path} is of an older version; open it for writing once, to bring it up to date`);
    checkSchema(database, path, readOnly);
    if (stat.size <= FULL_CHECK_BYTES) checkPages(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file in WAL mode needs a -shm beside it even to be read, unless it is promised that nobody writes. */
function readAccess(path: string): Access {
  if (statOf(`${path}-wal`) !== undefined) return "read";
  try {
    accessSync(dirname(path), constants.W_OK);
    return "read";
  } catch {
    return "immutable";
  }
}

/** Reads the header alone, before anything that could write. */
function versionOf(database: DatabaseSync, path: string): number {
  const application = database.prepare("PRAGMA application_id").get()?.["application_id"];
  if (application !== APPLICATION_ID)
    throw journalFailed(
      `${path} is another program's database; nothing was changed. Choose another path for the journal`,
    );
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > SCHEMA_VERSION)
    throw journalFailed(
      `${path} has the schema version ${version}, this quorumlog knows ${SCHEMA_VERSION}; nothing was changed. ` +
        "Update quorumlog to the version that wrote it",
    );
  return version;
}

function migrate(database: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  inTransaction(database, () => {
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Triggers guard writers; that they were taken away must not keep an auditor from reading what is left. */
function checkSchema(database: DatabaseSync, path: string, readOnly: boolean): void {
  const rows = database.prepare("SELECT name FROM sqlite_schema").all();
  const names = new Set(rows.map(({ name }) => name));
  const needed = readOnly ? SCHEMA_OBJECTS.filter(({ type }) => type !== "TRIGGER") : SCHEMA_OBJECTS;
  const missing = needed.find(({ name }) => !names.has(name))?.name;
  if (missing !== undefined) throw damaged(path, new Error(`it has no ${missing}`));
}

function checkPages(database: DatabaseSync, path: string): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw damaged(path, new Error(String(found)));
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
