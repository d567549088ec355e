import type { AuditEntry, EntryFields } from "../entry/audit-entry.js";
import { canonicalLine, leafHash, MAX_LINE_BYTES } from "../entry/canonical-line.js";
import type { JsonValue } from "../entry/json.js";
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
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Names in a line and of an entry, in the order that a sealed entry has them. */
const TEXTS = [
  ["proposal_id", "proposalId"],
  ["subject_id", "subjectId"],
  ["kind", "kind"],
  ["actor_did", "actorDid"],
  ["decision", "decision"],
  ["recorded_at", "recordedAt"],
  ["trace_id", "traceId"],
  ["span_id", "spanId"],
] as const;

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
    return { entry: freeze(entry), line, logId, nanos };
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

function read(fields: unknown, hash: string): { readonly entry: EntryFields; readonly logId: string } {
  if (!isObject(fields)) throw new TypeError("no object");
  const { seq, details } = fields;
  if (!Number.isSafeInteger(seq) || !isObject(details)) throw new TypeError("no entry");
  const entry: Mutable<EntryFields> = {
    sequence: seq as number,
    id: textOf(fields, "id"),
    timestamp: textOf(fields, "timestamp"),
    operation: textOf(fields, "operation"),
    details: details as EntryFields["details"],
    leafHash: hash,
  };
  for (const [name, field] of TEXTS) if (fields[name] !== undefined) entry[field] = textOf(fields, name);
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

function freeze(entry: EntryFields): AuditEntry {
  freezeJson(entry.details);
  return Object.freeze(entry) as AuditEntry;
}

function freezeJson(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) freezeJson(member);
  Object.freeze(value);
}
