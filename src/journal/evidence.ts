import type { EvidenceItem } from "../integrity/evidence.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import { columnsProblem } from "./columns.js";
import type { Connection } from "./connection.js";
import type { EntryTable, EvidenceRow } from "./entry-table.js";
import { journalFailed } from "./failure.js";
import { checkpointProblem, tableProblems } from "./table-problems.js";

/** Rows that are read at a time. */
const ROWS = 512;

/** What evidence is read from. */
export interface EvidenceParts {
  readonly entries: EntryTable;
  readonly checkpoints: CheckpointTable;
  readonly file: Connection;
}

/**
 * All that a journal had when it was begun, as it stands there: leaf hashes of pruned entries, lines with their leaf
 * hashes, checkpoints. Only what the verifier cannot see is checked: whether columns and indexes say what the lines say.
 *
 * @throws {@link AuditError} `journal_failed` when entries were pruned meanwhile: what is gone by retention is no gap.
 */
export async function* evidenceOf(
  { entries, checkpoints, file }: EvidenceParts,
  { length, position }: { readonly length: number; readonly position: number },
): AsyncGenerator<EvidenceItem, void, undefined> {
  const reading = <T>(work: () => T): T => file.read(work);
  const prunedBefore = reading(() => entries.prunedBefore());
  for (let next = 0; ; ) {
    const rows = reading(() => entries.prunedLeaves(next, ROWS));
    for (const { sequence, leafHash } of rows)
      yield { kind: "pruned", sequence, leafHash: hex(leafHash) };
    const last = rows.at(-1);
    if (last === undefined) break;
    next = last.sequence + 1;
  }
  // from below 0: a query would show an entry that somebody put there
  for (let next = Number.MIN_SAFE_INTEGER; next < length; ) {
    const rows = reading(() => entries.evidence(next, length, ROWS));
    for (const row of rows) {
      const problem = columnsProblem(row, file.logId);
      const line = isWhole(row)
        ? row.text
        : reading(() => entries.rows(row.seq, row.seq + 1, 1))[0]?.line;
      if (line === undefined) break; // pruned meanwhile
      yield {
        kind: "line",
        line,
        leafHash: row.leafHash,
        ...(problem !== undefined && { problem }),
      };
    }
    const last = rows.at(-1);
    if (last === undefined) break; // what is missing, the verifier says
    next = last.seq + 1;
  }
  if (reading(() => entries.prunedBefore()) !== prunedBefore)
    throw journalFailed("entries were pruned meanwhile; verify it again");
  for (const checkpoint of checkpoints.until(position, reading)) {
    yield { kind: "checkpoint", note: checkpoint.note };
    const problem = checkpointProblem(checkpoint);
    if (problem !== undefined) yield { kind: "problem", message: problem };
  }
  for (const message of reading(() => tableProblems(file.database)))
    yield { kind: "problem", message };
}

/** Node 22 reads a text up to its first NUL, and any reads U+FFFD for bytes that are no UTF-8. */
function isWhole({ text, bytes }: EvidenceRow): boolean {
  return Buffer.byteLength(text) === bytes && !text.includes("\ufffd");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
