import type { DatabaseSync } from "node:sqlite";
import { isUnreachable, journalFailed } from "./failure.js";
import { openSqlite } from "./sqlite.js";

/** What the file of a journal holds without its write-ahead log, as far as it tells two apart. */
export interface FileContent {
  /** The log id, when it was begun, and where its tables begin. */
  readonly origin: string;
  readonly pages: number;
  /** How many entries it has had. */
  readonly length: number;
  /** The leaf hash of its newest entry, hexadecimal; null if it has none. */
  readonly newestLeaf: unknown;
}

const CONTENT = `SELECT
    (SELECT log_id || ' ' || created_at FROM log) || ' ' ||
      (SELECT group_concat(rootpage) FROM (
        SELECT rootpage FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name)
      ) AS origin,
    (SELECT page_count FROM pragma_page_count) AS pages,
    coalesce((SELECT max(sequence) + 1 FROM entry), (SELECT max(pruned_before) FROM pruning), 0)
      AS length,
    (SELECT lower(hex(leaf_hash)) FROM entry ORDER BY sequence DESC LIMIT 1) AS newestLeaf`;

const LEAF = "SELECT lower(hex(leaf_hash)) AS leaf FROM entry WHERE sequence = ?";

/**
 * Reads what a file holds without its write-ahead log.
 *
 * The file is read through SQLite. If this process opened it in another way, closing it would drop
 * the locks that SQLite has on it.
 *
 * @param before - What it held before. Only checkpoints of the write-ahead log write to the file,
 * so it may hold more, and nothing else.
 * @returns Undefined if it does not continue what it held before: it was overwritten.
 * @throws `AuditError` `journal_failed` when the file cannot be reached.
 */
export function contentOf(path: string, before?: FileContent): FileContent | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path, "immutable");
    const now = database.prepare(CONTENT).get() as unknown as FileContent;
    return before === undefined || continues(database, now, before) ? now : undefined;
  } catch (error) {
    if (isUnreachable(error))
      throw journalFailed(
        `cannot see whether ${path} was overwritten; nothing was recorded`,
        error,
      );
    return undefined; // it is not the database of a journal
  } finally {
    database?.close();
  }
}

function continues(database: DatabaseSync, now: FileContent, before: FileContent): boolean {
  if (now.origin !== before.origin || now.pages < before.pages || now.length < before.length)
    return false;
  const row = database.prepare(LEAF).get(before.length - 1);
  return row === undefined || row["leaf"] === before.newestLeaf; // without a row, it was pruned
}
