import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../errors.js";
import { APPLICATION_ID, OLDEST_VERSION, SCHEMA_VERSION } from "./schema.js";
import { type SchemaDifference, schemaDifferences } from "./schema-check.js";
import { bytesOf, damaged, journalFailed } from "./sqlite.js";

/**
 * Every page of a file up to this size is checked when it is opened, which takes about 0.15 s
 * (measured). Pages of a larger file are checked when they are read.
 */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

/**
 * Checks that a database is a journal whose schema is the one of its version, and whose pages are
 * sound.
 *
 * @param readOnly - Whether it is only read. A journal that was altered can still be opened then,
 * so that `verify` can say what was altered.
 * @returns How the schema differs: nothing, if the journal is opened for writing.
 * @throws `AuditError` `journal_failed`; what SQLite throws.
 */
export function checkDatabase(
  database: DatabaseSync,
  path: string,
  readOnly: boolean,
): readonly SchemaDifference[] {
  const version = versionOf(database, path);
  const differences = schemaDifferences(database, version);
  if (differences.length > 0) {
    if (readOnly) return differences;
    throw damaged(path, new Error(differences[0]?.problem));
  }
  if (bytesOf(path) > FULL_CHECK_BYTES) return [];
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found === "ok") return [];
  if (readOnly) return [{ type: "content", problem: `SQLite finds: ${found}` }];
  throw damaged(path, new Error(String(found)));
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
