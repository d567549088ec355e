import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { journalFailed } from "./failure.js";

/** How long a statement waits for a lock that an auditor's shell may hold. */
const BUSY_TIMEOUT_MILLIS = 2000;

/** How a file is opened; `immutable` trusts that nobody writes to it, and needs no folder that can be written. */
export type Access = "write" | "read" | "immutable";

/**
 * Opens an SQLite file.
 *
 * @param path - Absolute: SQLite takes one that begins with `file:` for a URI.
 */
export function openSqlite(path: string, access: Access): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(access === "immutable" ? immutableUrl(path) : path, {
    readOnly: access !== "write",
  });
  // Node 22.15 ignores the option `timeout`
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS}; PRAGMA trusted_schema = OFF`);
  return database;
}

/** `node:sqlite`, loaded when first asked for: on Node 22 loading it warns that it is experimental. */
export function loadSqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = (...warning: unknown[]) => {
    if (!String(warning[0]).startsWith("SQLite is an experimental feature"))
      Reflect.apply(emitWarning, process, warning);
  };
  try {
    const sqlite: typeof import("node:sqlite") | undefined =
      process.getBuiltinModule("node:sqlite");
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw journalFailed("this Node has no node:sqlite; do not run it with --no-experimental-sqlite");
}

function immutableUrl(path: string): URL {
  const url = pathToFileURL(path);
  url.search = "?immutable=1";
  return url;
}

/**
 * Runs `work` in one transaction, which is rolled back when it throws.
 *
 * A commit that fails may have rolled back by itself, by which the second rollback has nothing to do.
 */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // what made the work fail says more
    }
    throw error;
  }
}
