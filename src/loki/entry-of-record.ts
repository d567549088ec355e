import type { AuditEntry } from "../entry/audit-entry.js";
import { canonicalLine, leafHash, MAX_LINE_BYTES } from "../entry/canonical-line.js";
import { entryOfLine, OPTIONAL_TEXTS } from "../entry/entry-of-line.js";
import { invalidRecord } from "./failure.js";
import { LABELS } from "./labels.js";
import { type LokiRecord, labelOf } from "./loki-answer.js";

/** An entry as it stands in Loki. */
export interface LokiEntry {
  readonly entry: AuditEntry;
  readonly line: string;
  /** The log that the line names. */
  readonly logId: string;
  /** The time of the record, in nanoseconds. */
  readonly nanos: bigint;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The entry of a record: made from its line, never from labels.
 *
 * @throws `AuditError` `invalid_evidence` when the line does not have the leaf hash that was stored with it, or is not the
 * one that a log writes for an entry.
 */
export function entryOfRecord(record: LokiRecord): LokiEntry {
  const { line, nanos } = record;
  const hash = leafHash(line);
  if (hash !== labelOf(record, LABELS.leafHash))
    throw invalidRecord(`${nameOf(record)} was altered: its line does not have its leaf hash`);
  try {
    if (line.length > MAX_LINE_BYTES) throw new TypeError("too long");
    const { entry, logId } = read(JSON.parse(line), hash);
    if (canonicalLine(logId, entry) !== line) throw new TypeError("not canonical");
    return { entry, line, logId, nanos };
  } catch (cause) {
    // no JSON, or nested so deep that writing it again runs out of stack
    throw invalidRecord(`the line of ${nameOf(record)} is no entry of a log`, cause);
  }
}

/** How a message names a record. */
function nameOf(record: LokiRecord): string {
  const sequence = labelOf(record, LABELS.sequence) ?? "";
  return /^[0-9]{1,16}$/.test(sequence) ? `entry ${sequence}` : `the record of ${record.nanos} ns`;
}

function read(
  fields: unknown,
  hash: string,
): { readonly entry: AuditEntry; readonly logId: string } {
  if (!isObject(fields)) throw new TypeError("no object");
  if (!Number.isSafeInteger(fields["seq"]) || !isObject(fields["details"]))
    throw new TypeError("no entry");
  for (const name of ["id", "timestamp", "operation"]) textOf(fields, name);
  for (const [name] of OPTIONAL_TEXTS) if (fields[name] !== undefined) textOf(fields, name);
  const entry = entryOfLine(fields, hash);
  if (Number.isNaN(Date.parse(entry.timestamp))) throw new TypeError("no time");
  return { entry, logId: textOf(fields, "log") };
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
