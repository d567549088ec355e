import type { AuditEntry } from "../entry/audit-entry.js";
import { COLUMNS, type ColumnName } from "../entry/columns.js";
import type { UnknownObject } from "../entry/json.js";
import { leafHash, readEntry } from "../entry/line.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import { type AuditError, invalidEvidence } from "../errors.js";
import * as semconv from "../semconv.js";

/** One record as Loki returned it. Anybody may have written it. */
export interface LokiRecord {
  /** The time of recording, in nanoseconds. */
  readonly nanos: bigint;
  readonly line: string;
  /** The structured metadata. */
  readonly metadata: UnknownObject;
  /** The labels of the stream. */
  readonly stream: UnknownObject;
}

/** An entry that Loki holds. */
export interface LokiEntry {
  readonly entry: AuditEntry;
  readonly line: string;
  /** The log that the line names. */
  readonly logId: string;
  /** The time of the record, in nanoseconds. */
  readonly nanos: bigint;
}

type Label = "operation" | "logId" | "sequence" | "leafHash" | "timestampMillis" | "uid";

/** Names of structured metadata. Loki writes the dots of an attribute's name as "_". */
export const LABELS: Readonly<Record<Label, string>> = {
  operation: labelName(semconv.ATTR_GOVERNANCE_OPERATION),
  logId: labelName(semconv.ATTR_GOVERNANCE_LOG_ID),
  sequence: labelName(semconv.ATTR_GOVERNANCE_SEQUENCE),
  leafHash: labelName(semconv.ATTR_GOVERNANCE_LEAF_HASH),
  timestampMillis: labelName(semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS),
  uid: labelName(semconv.ATTR_LOG_RECORD_UID),
};

/** The same for the columns of an entry. */
export const COLUMN_LABELS = Object.fromEntries(
  COLUMNS.map(({ name, attribute }) => [name, labelName(attribute)]),
) as Readonly<Record<ColumnName, string>>;

/** How Loki names an attribute: each character that is no letter, digit or "_" becomes "_". */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]/g, "_");
}

/** The value of a record's structured metadata, or of its stream if Loki was told to index it. */
export function labelOf({ metadata, stream }: LokiRecord, name: string): string | undefined {
  const value = metadata[name] ?? stream[name];
  return typeof value === "string" ? value : undefined;
}

/** Whether a record names no log, though it may have labels that entries have. */
export function isOfNoLog(record: LokiRecord): boolean {
  return (labelOf(record, LABELS.logId) ?? "") === "";
}

/** Whether a record says that it is a checkpoint. */
export function isCheckpoint(record: LokiRecord): boolean {
  return labelOf(record, LABELS.operation) === RESERVED_OPERATION;
}

/** How Loki 3.7.6 stores a text (measured): U+FFFD as a space, and an empty text not at all. */
export function storedText(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text.replaceAll("\ufffd", " ");
}

/**
 * Makes the entry of a record from its line, never from labels.
 *
 * @throws `AuditError` `invalid_evidence` if the line does not have the leaf hash that was stored
 * with it, or is not a line that a log writes for an entry.
 */
export function entryOfRecord(record: LokiRecord): LokiEntry {
  const { line, nanos } = record;
  const hash = leafHash(line);
  if (hash !== labelOf(record, LABELS.leafHash))
    throw invalidRecord(`${nameOf(record)} was altered: its line does not have its leaf hash`);
  const found = readEntry(line, hash);
  if (found === undefined)
    throw invalidRecord(`the line of ${nameOf(record)} is not an entry as a log writes it`);
  return { entry: found.entry, line, logId: found.log, nanos };
}

/** The error for a record that is not as a log wrote it, code `invalid_evidence`. */
export function invalidRecord(message: string): AuditError {
  return invalidEvidence(`Loki: ${message}; verify the log to see all that is wrong`);
}

/** How a message names a record. */
function nameOf(record: LokiRecord): string {
  const sequence = labelOf(record, LABELS.sequence) ?? "";
  return /^[0-9]{1,16}$/.test(sequence) ? `entry ${sequence}` : `the record of ${record.nanos} ns`;
}
