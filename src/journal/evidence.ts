import type { EvidenceItem } from "../integrity/evidence.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import type { EntryTable } from "./entry-table.js";

/** Rows that are read at a time. */
const ROWS = 512;

/** What evidence is read from. */
export interface EvidenceParts {
  readonly entries: EntryTable;
  readonly checkpoints: CheckpointTable;
  /** Does what reads, and says what went wrong in the terms of a journal. */
  readonly reading: <T>(work: () => T) => T;
}

/**
 * All that a journal had when it was begun, as it stands there, unchecked: leaf hashes of pruned entries, lines with
 * their columns and leaf hashes, checkpoints.
 */
export async function* evidenceOf(
  { entries, checkpoints, reading }: EvidenceParts,
  { length, position }: { readonly length: number; readonly position: number },
): AsyncGenerator<EvidenceItem, void, undefined> {
  for (let next = 0; ; ) {
    const rows = reading(() => entries.prunedLeaves(next, ROWS));
    for (const { sequence, leafHash } of rows) yield { kind: "pruned", sequence, leafHash: hex(leafHash) };
    const last = rows.at(-1);
    if (last === undefined) break;
    next = last.sequence + 1;
  }
  for (let next = 0; next < length; ) {
    const rows = reading(() => entries.evidence(next, length, ROWS));
    for (const { leafHash, line, ...columns } of rows)
      yield { kind: "line", line, leafHash: hex(leafHash), columns };
    const last = rows.at(-1);
    if (last === undefined) break; // what is missing, the verifier says
    next = last.seq + 1;
  }
  for (const { note } of checkpoints.until(position, reading)) yield { kind: "checkpoint", note };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
