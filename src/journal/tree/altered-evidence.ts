import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EvidenceItem } from "../../integrity/evidence.js";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import type { Connection } from "../file/connection.js";

/**
 * Reads what can be read of a journal whose tables are not a journal's, or hold what they cannot
 * hold, so that such a difference never hides an altered line. It reads real tables only: a view, a
 * virtual table or a computed column may run for ever, or make a line that is not in the file.
 *
 * @throws `AuditError` `journal_failed` when the file cannot be read.
 */
export function* alteredEvidence(file: Connection): Generator<EvidenceItem, void, undefined> {
  const differences = file.differences.map(
    ({ type, problem: message }) => ({ type, item: { kind: "problem", message } }) as const,
  );
  for (const { type, item } of differences) if (type !== "content") yield item;
  for (const row of rowsOf(file, "pruned_leaf", "sequence", "leaf_hash"))
    yield { kind: "pruned", sequence: Number(textOf(row["sequence"])), leafHash: hashText(row) };
  for (const row of rowsOf(file, "entry", "leaf_hash", "line"))
    yield { kind: "line", line: bytesOf(row["line"]), leafHash: hashText(row) };
  for (const row of rowsOf(file, "checkpoint", "note"))
    yield { kind: "checkpoint", note: textOf(row["note"]) };
  // Pages that cannot be read end the reading before: then, the file could not be checked.
  for (const { type, item } of differences) if (type === "content") yield item;
}

function* rowsOf(
  file: Connection,
  table: string,
  ...columns: readonly string[]
): Generator<Record<string, unknown>, void, undefined> {
  const statement = file.readAltered(() => selectFrom(file.database, table, columns));
  const rows = statement?.iterate();
  while (rows !== undefined) {
    const { done, value } = file.readAltered(() => rows.next());
    if (done === true) return;
    yield value;
  }
}

/** Undefined unless the columns are stored ones of a table that is stored. */
function selectFrom(
  database: DatabaseSync,
  table: string,
  columns: readonly string[],
): StatementSync | undefined {
  const object = database
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? AND rootpage > 0")
    .get(table);
  if (!/^CREATE TABLE/i.test(String(object?.["sql"]))) return undefined;
  const info = database.prepare("SELECT name, hidden FROM pragma_table_xinfo(?)").all(table);
  const stored = new Set(info.filter(({ hidden }) => hidden === 0).map(({ name }) => name));
  if (!columns.every((column) => stored.has(column))) return undefined;
  // as blobs: a number that no JavaScript number can hold would end the reading
  const values = columns.map((column) => `CAST(${column} AS BLOB) AS ${column}`);
  return database.prepare(`SELECT ${values.join(", ")} FROM ${table} NOT INDEXED`);
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function textOf(value: unknown): string {
  return Buffer.from(bytesOf(value)).toString("utf8");
}

function hashText(row: Record<string, unknown>): string {
  return hexOf(bytesOf(row["leaf_hash"]));
}
