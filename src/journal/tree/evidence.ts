import type { EvidenceItem } from "../../integrity/evidence.js";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import type { EntryTable, EvidenceRow } from "../entries/entry-table.js";
import type { Connection } from "../file/connection.js";
import { journalFailed } from "../file/failure.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import { checkpointProblem, rowProblem, tableProblems } from "./evidence-problems.js";

/** How many rows are read at a time. */
const ROWS = 512;

/** The parts of a journal that evidence is read from. */
export interface EvidenceParts {
  readonly file: Connection;
  readonly entries: EntryTable;
  readonly checkpoints: CheckpointTable;
}

/**
 * Reads all that a journal had when the reading began: the leaf hashes of pruned entries, the lines
 * with their leaf hashes, and the checkpoints. It hands them over as they are. It checks only what
 * the verifier cannot see: whether columns and indexes say what the lines say.
 *
 * @param end - Where the entries (`length`) and the checkpoints (`position`) end.
 * @throws `AuditError` `journal_failed` when entries were pruned meanwhile: a verifier would take
 * them for missing.
 */
export async function* journalEvidence(
  { entries, checkpoints, file }: EvidenceParts,
  { length, position }: { readonly length: number; readonly position: number },
): AsyncGenerator<EvidenceItem, void, undefined> {
  const reading = <T>(work: () => T): T => file.read(work);
  const prunedBefore = reading(() => entries.prunedBefore());
  for (let next = 0; ; ) {
    const rows = reading(() => entries.prunedLeaves(next, ROWS));
    for (const { sequence, leafHash } of rows)
      yield { kind: "pruned", sequence, leafHash: hexOf(leafHash) };
    const last = rows.at(-1);
    if (last === undefined) break;
    next = last.sequence + 1;
  }
  // It starts below 0: a query would show an entry that somebody put there.
  for (let next = Number.MIN_SAFE_INTEGER; next < length; ) {
    const rows = reading(() => entries.evidence(next, length, ROWS));
    for (const row of rows) {
      const problem = rowProblem(row, file.logId);
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
    if (last === undefined) break; // the verifier reports what is missing
    next = last.seq + 1;
  }
  if (reading(() => entries.prunedBefore()) !== prunedBefore)
    throw journalFailed("entries were pruned while it was read; verify it again");
  for (const checkpoint of checkpoints.until(position, reading)) {
    yield { kind: "checkpoint", note: checkpoint.note };
    const problem = checkpointProblem(checkpoint);
    if (problem !== undefined) yield { kind: "problem", message: problem };
  }
  for (const message of reading(() => tableProblems(file.database)))
    yield { kind: "problem", message };
}

/**
 * Whether the text is the line. Node 22 reads a text only up to its first NUL, and every version
 * reads U+FFFD for bytes that are not UTF-8.
 */
function isWhole({ text, bytes }: EvidenceRow): boolean {
  return Buffer.byteLength(text) === bytes && !text.includes("\ufffd");
}
