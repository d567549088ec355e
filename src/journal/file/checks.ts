import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { damaged, journalFailed } from "./failure.js";
import { bytesOf } from "./journal-file.js";
import { APPLICATION_ID, MIGRATIONS, OLDEST_VERSION, SCHEMA, SCHEMA_VERSION } from "./schema.js";

/**
 * Every page of a file up to this size is checked when it is opened, which takes about 0.15 s
 * (measured). Pages of a larger file are checked when they are read.
 */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/**
 * Checks that a database is a journal whose schema is whole and whose pages are sound.
 *
 * @param readOnly - Whether it is only read. Triggers guard writers; an auditor can read a journal
 * that has lost them.
 * @throws `AuditError` `journal_failed`; what SQLite throws.
 */
export function checkDatabase(database: DatabaseSync, path: string, readOnly: boolean): void {
  const version = versionOf(database, path);
  const rows = database.prepare("SELECT name FROM sqlite_schema").all();
  const names = new Set(rows.map(({ name }) => name));
  const missing = objectsOf(version).find(
    ({ type, name }) => !names.has(name) && !(readOnly && type === "TRIGGER"),
  );
  if (missing !== undefined) throw damaged(path, new Error(`it has no ${missing.name}`));
  if (bytesOf(path) > FULL_CHECK_BYTES) return;
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw damaged(path, new Error(String(found)));
}

/**
 * Returns the schema version of a journal.
 *
 * @throws `AuditError` `journal_failed` for the database of another program, for a version that is
 * newer than this code, and for one from before the first release.
 */
export function versionOf(database: DatabaseSync, path: string): number {
  const application = database.prepare("PRAGMA application_id").get()?.["application_id"];
  if (application !== APPLICATION_ID)
    throw journalFailed(
      `${path} is the database of another program; nothing was changed. Choose another path for ` +
        "the journal",
    );
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > SCHEMA_VERSION)
    throw journalFailed(
      `${path} has the schema version ${version}, but this Quorumlog knows only version ` +
        `${SCHEMA_VERSION}; nothing was changed. Update Quorumlog to the version that wrote it`,
    );
  if (version < OLDEST_VERSION)
    throw journalFailed(
      `${path} has the schema version ${version}: it was made by a version of Quorumlog ` +
        "before its first release; nothing was changed. Export it with that version, or begin a " +
        "new journal at another path",
    );
  return version;
}

/**
 * Returns the log id of a journal.
 *
 * @param expected - The id that the caller asked for, if any.
 * @throws `AuditError` `invalid_options` when the journal has another one.
 */
export function checkLogId(database: DatabaseSync, expected: string | undefined): string {
  const logId = String(database.prepare("SELECT log_id FROM log").get()?.["log_id"]);
  if (expected === undefined || expected === logId) return logId;
  throw new AuditError(
    "invalid_options",
    `logId: the journal belongs to the log "${logId}", not to "${expected}". Leave the option ` +
      "out, or open another file",
    { field: "logId" },
  );
}

interface SchemaObject {
  readonly type: string;
  readonly name: string;
}

/**
 * The tables, indexes, triggers and the view of a schema version. A file that lacks one was
 * tampered with.
 */
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
