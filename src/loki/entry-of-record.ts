import type { AuditEntry } from "../entry/audit-entry.js";
import { parseObject } from "../entry/json.js";
import { entryOfLine, isCanonical, leafHash, MAX_LINE_BYTES } from "../entry/line.js";
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
    const members = line.length > MAX_LINE_BYTES ? undefined : parseObject(line);
    if (members === undefined || !isCanonical(members, line)) throw new TypeError("not canonical");
    const entry = entryOfLine(members, hash);
    if (Number.isNaN(Date.parse(entry.timestamp))) throw new TypeError("no time");
    return { entry, line, logId: members["log"] as string, nanos };
  } catch (cause) {
    // also where it is nested so deep that writing it again runs out of stack
    throw invalidRecord(`the line of ${nameOf(record)} is no entry of a log`, cause);
  }
}

/** How a message names a record. */
function nameOf(record: LokiRecord): string {
  const sequence = labelOf(record, LABELS.sequence) ?? "";
  return /^[0-9]{1,16}$/.test(sequence) ? `entry ${sequence}` : `the record of ${record.nanos} ns`;
}
