import { parseObject } from "../entry/json.js";
import { entryOfLine, LINE_VERSION, leafHash } from "../entry/line.js";
import type { SealedEntry } from "../entry/seal.js";
import { journalFailed } from "./failure.js";

/** One row of `entry`, as far as entries are made from it. */
export interface EntryRow {
  readonly sequence: number;
  readonly leafHash: Uint8Array;
  readonly line: Uint8Array;
}

/** An entry with its line, and how long that is in bytes of UTF-8. */
export interface StoredEntry extends SealedEntry {
  readonly bytes: number;
}

/**
 * The line of a row, when it is what was appended.
 *
 * @throws {@link AuditError} `journal_failed` when its leaf hash is another: the row was damaged or altered.
 */
export function lineOfRow(row: EntryRow): string {
  const line = textOf(row.line);
  if (leafHash(line) !== storedHash(row))
    throw altered(row.sequence, "it does not have its leaf hash");
  return line;
}

/**
 * The entry of a row: made from its line, never from the columns, since Node 22 cuts a text that holds NUL.
 *
 * @param logId - What the line must name.
 * @throws {@link AuditError} `journal_failed` when the row was damaged or altered.
 */
export function entryFromRow(row: EntryRow, logId: string): StoredEntry {
  const line = lineOfRow(row);
  const members = parseObject(line);
  if (members === undefined) throw altered(row.sequence, "its line is not a JSON object");
  if (members["v"] !== LINE_VERSION)
    throw altered(row.sequence, `its line is of version ${members["v"]}`);
  if (members["seq"] !== row.sequence || members["log"] !== logId)
    throw altered(row.sequence, "its line belongs to another place");
  const entry = entryOfLine(members, storedHash(row)); // which the line was just held against
  return {
    entry,
    line,
    timestampMillis: Date.parse(entry.timestamp),
    bytes: row.line.byteLength,
  };
}

/**
 * The lines of [first, end), oldest first.
 *
 * @param read - Some rows from a sequence on.
 * @throws {@link AuditError} `journal_failed` when one is not there.
 */
export function* linesBetween(
  first: number,
  end: number,
  read: (first: number, end: number) => EntryRow[],
): Generator<string, void, undefined> {
  for (let next = first; next < end; ) {
    const rows = read(next, end);
    if (rows[0]?.sequence !== next)
      throw journalFailed(`the entry of sequence ${next} was pruned meanwhile, or is missing`);
    for (const row of rows) yield lineOfRow(row);
    next += rows.length;
  }
}

function altered(sequence: number, what: string): Error {
  return journalFailed(
    `the entry of sequence ${sequence} was damaged or altered: ${what}. Restore the journal from a backup`,
  );
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function storedHash({ leafHash: { buffer, byteOffset, byteLength } }: EntryRow): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}
