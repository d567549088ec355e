import type { AuditEntry } from "../../entry/audit-entry.js";
import { parseObject } from "../../entry/json.js";
import { entryOfLine, LINE_VERSION, leafHash } from "../../entry/line.js";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import { journalFailed } from "../file/sqlite.js";

/** The columns of a row of `entry` that entries are made from. */
export interface EntryRow {
  readonly sequence: number;
  readonly leafHash: Uint8Array;
  readonly line: Uint8Array;
}

/** An entry, with what memory needs to be refilled with it. */
export interface NewestEntry {
  readonly entry: AuditEntry;
  /** When it happened, in milliseconds since 1970. */
  readonly timestampMillis: number;
  /** The length of its canonical line in UTF-8. */
  readonly bytes: number;
}

/** An entry with its canonical line. */
export interface StoredEntry extends NewestEntry {
  readonly line: string;
}

/**
 * Returns the line of a row.
 *
 * @throws `AuditError` `journal_failed` when the line does not have the row's leaf hash: the row
 * was damaged or altered.
 */
export function lineOfRow(row: EntryRow): string {
  const { buffer, byteOffset, byteLength } = row.line;
  const line = Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
  if (leafHash(line) !== hexOf(row.leafHash))
    throw altered(row.sequence, "its line does not have its leaf hash");
  return line;
}

/**
 * Makes the entry of a row from its line. The columns are not used, since Node 22 cuts a text at
 * NUL.
 *
 * @param logId - The log that the line must name.
 * @throws `AuditError` `journal_failed` when the row was damaged or altered.
 */
export function entryFromRow(row: EntryRow, logId: string): StoredEntry {
  const line = lineOfRow(row);
  const members = parseObject(line);
  if (members === undefined) throw altered(row.sequence, "its line is not a JSON object");
  if (members["v"] !== LINE_VERSION)
    throw altered(row.sequence, `its line is of version ${members["v"]}`);
  if (members["seq"] !== row.sequence || members["log"] !== logId)
    throw altered(row.sequence, "its line is of another sequence or another log");
  const entry = entryOfLine(members, hexOf(row.leafHash));
  return {
    entry,
    line,
    timestampMillis: Date.parse(entry.timestamp),
    bytes: row.line.byteLength,
  };
}

function altered(sequence: number, what: string): Error {
  return journalFailed(
    `the entry of sequence ${sequence} was damaged or altered: ${what}. ` +
      "Restore the journal from a backup",
  );
}
