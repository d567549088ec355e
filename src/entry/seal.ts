import { invalidEntry } from "../errors.js";
import type { AuditEntry, EntryFields, Mutable } from "./audit-entry.js";
import type { ValidEvent } from "./audit-event.js";
import { canonicalLeaf, hashOfLeaf, MAX_LINE_BYTES } from "./line.js";
import { formatTimestamp } from "./timestamp.js";

/** The fields that the log adds to an event to make an entry of it. */
export interface Seal {
  readonly log: string;
  readonly sequence: number;
  readonly id: string;
  readonly recordedMillis: number;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** An entry with its canonical line. */
export interface SealedEntry {
  readonly entry: AuditEntry;
  readonly line: string;
  /** When it happened. */
  readonly timestampMillis: number;
}

/**
 * Makes the frozen entry and its canonical line. It is pure: it records nothing.
 *
 * @throws {@link AuditError} `invalid_entry` when the line is longer than 64 KiB.
 */
export function sealEntry(event: ValidEvent, seal: Seal): SealedEntry {
  const happened = event.timestampMillis ?? seal.recordedMillis;
  const entry: Mutable<EntryFields> = {
    sequence: seal.sequence,
    id: seal.id,
    timestamp: formatTimestamp(happened),
    operation: event.operation,
    details: event.details,
    leafHash: "",
  };
  if (event.proposalId !== undefined) entry.proposalId = event.proposalId;
  if (event.subjectId !== undefined) entry.subjectId = event.subjectId;
  if (event.kind !== undefined) entry.kind = event.kind;
  if (event.actorDid !== undefined) entry.actorDid = event.actorDid;
  if (event.decision !== undefined) entry.decision = event.decision;
  if (happened !== seal.recordedMillis) entry.recordedAt = formatTimestamp(seal.recordedMillis);
  if (seal.traceId !== undefined) entry.traceId = seal.traceId;
  if (seal.spanId !== undefined) entry.spanId = seal.spanId;
  const leaf = canonicalLeaf(seal.log, entry);
  const line = leaf.slice(1);
  if (line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES)
    throw invalidEntry("details", `the canonical line is longer than ${MAX_LINE_BYTES} bytes`);
  entry.leafHash = hashOfLeaf(leaf);
  return { entry: Object.freeze(entry) as AuditEntry, line, timestampMillis: happened };
}
