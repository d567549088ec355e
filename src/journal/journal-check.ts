import type { DatabaseSync } from "node:sqlite";
import { type EntryRow, entryFromRow } from "./entry-from-line.js";
import { damaged, journalFailed } from "./failure.js";
import { statOf } from "./journal-file.js";
import { type ResolvedJournalOptions, refuseLogId } from "./options.js";
import { APPLICATION_ID, MIGRATIONS, OLDEST_VERSION, SCHEMA, SCHEMA_VERSION } from "./schema.js";

/** Up to this size opening checks every page; the rest are checked as they are read. About 0.15 s (measured). */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/** Newest entries that are read, and checked, before a journal is written to. */
const CHECKED = 16;

interface SchemaObject {
  readonly type: string;
  readonly name: string;
}

/**
 * Checks that a database is a journal, whole as far as can be seen in a moment, and of the log that was asked for.
 *
 * @returns Its log id.
 * @throws {@link AuditError} `journal_failed`, `invalid_options` for another log id; what SQLite throws.
 */
export function checkJournal(
  database: DatabaseSync,
  path: string,
  options: ResolvedJournalOptions,
): string {
  const version = versionOf(database, path);
  checkSchema(database, path, version, options.readOnly);
  if ((statOf(path)?.size ?? 0) <= FULL_CHECK_BYTES) checkPages(database, path);
  const logId = checkLogId(database, options);
  // what was altered must still be open to an auditor
  if (!options.readOnly) checkNewest(database, logId);
  return logId;
}

/**
 * The schema version of a journal.
 *
 * @throws {@link AuditError} `journal_failed` for another program's database, a version that is newer than this code,
 * and one from before the first release.
 */
export function versionOf(database: DatabaseSync, path: string): number {
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
  if (version < OLDEST_VERSION)
    throw journalFailed(
      `${path} has the schema version ${version}, made by a version of quorumlog before its first release; nothing was ` +
        "changed. Export it with that version, or begin a new journal at another path",
    );
  return version;
}

/** The log id of a journal. Throws `invalid_options` when another one was asked for. */
export function checkLogId(
  database: DatabaseSync,
  { logId: asked }: ResolvedJournalOptions,
): string {
  const logId = String(database.prepare("SELECT log_id FROM log").get()?.["log_id"]);
  if (asked !== undefined && asked !== logId) throw refuseLogId(asked, logId);
  return logId;
}

/** Tables, indexes, view and triggers of a schema version. A file that lacks one was tampered with. */
function objectsOf(version: number): SchemaObject[] {
  const later = Object.entries(MIGRATIONS).filter(([to]) => Number(to) > version);
  const laterNames = new Set(later.flatMap(([, sql]) => created(sql)).map(({ name }) => name));
  return created(SCHEMA).filter(({ name }) => !laterNames.has(name));
}

function created(sql: string): SchemaObject[] {
  return Array.from(
    sql.matchAll(/CREATE (TABLE|INDEX|VIEW|TRIGGER) (\w+)/g),
    ([, type = "", name = ""]) => ({ type, name }),
  );
}

/** Triggers guard writers; that they were taken away must not keep an auditor from reading what is left. */
function checkSchema(
  database: DatabaseSync,
  path: string,
  version: number,
  readOnly: boolean,
): void {
  const rows = database.prepare("SELECT name FROM sqlite_schema").all();
  const names = new Set(rows.map(({ name }) => name));
  const objects = objectsOf(version);
  const needed = readOnly ? objects.filter(({ type }) => type !== "TRIGGER") : objects;
  const missing = needed.find(({ name }) => !names.has(name))?.name;
  if (missing !== undefined) throw damaged(path, new Error(`it has no ${missing}`));
}

function checkPages(database: DatabaseSync, path: string): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw damaged(path, new Error(String(found)));
}

function checkNewest(database: DatabaseSync, logId: string): void {
  const newest = `SELECT sequence, leaf_hash AS leafHash, line FROM entry ORDER BY sequence DESC LIMIT ${CHECKED}`;
  for (const row of database.prepare(newest).all()) entryFromRow(row as unknown as EntryRow, logId);
}
