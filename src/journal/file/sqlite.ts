import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { journalFailed } from "./failure.js";

/** How long a statement waits for a lock, such as one that an auditor's shell holds. */
export const BUSY_TIMEOUT_MILLIS = 2000;

/** What each connection begins with. Node 22.15 ignores the option `timeout`. */
export const CONNECTION_SETUP: string = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS};
  PRAGMA trusted_schema = OFF`;

/**
 * How a file is opened. `immutable` trusts that nobody writes to the file. It is the only way to
 * read a file in WAL mode in a folder that cannot be written.
 */
export type Access = "write" | "read" | "immutable";

/**
 * Opens an SQLite file.
 *
 * @param path - Absolute. SQLite would take a path that begins with `file:` for a URI.
 */
export function openSqlite(path: string, access: Access): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(access === "immutable" ? urlOf(path, access) : path, {
    readOnly: access !== "write",
  });
  database.exec(CONNECTION_SETUP);
  return database;
}

/** Loads `node:sqlite` on first use. Node 22 warns when it is loaded, since it is experimental. */
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
  throw journalFailed("this Node.js has no node:sqlite; run it without --no-experimental-sqlite");
}

/** The URL by which SQLite opens a file. */
export function urlOf(path: string, access: Access): URL {
  const url = pathToFileURL(path);
  if (access === "immutable") url.search = "?immutable=1";
  return url;
}

/** Runs `work` in one transaction. If `work` throws, the transaction is rolled back. */
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
      // A commit that failed may have rolled back already. The first error says more.
    }
    throw error;
  }
}
