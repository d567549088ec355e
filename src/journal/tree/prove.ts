import { leafHashOf } from "../../entry/line.js";
import { AuditError, invalidOption } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import { formatBundle } from "../../integrity/evidence-bundle.js";
import type { Hash } from "../../integrity/merkle/merkle-hash.js";
import { inclusionProof } from "../../integrity/merkle/merkle-proofs.js";
import { verifyInclusion } from "../../integrity/merkle/verify-proofs.js";
import { formatTlogProof } from "../../integrity/tlog-proof.js";
import { parseQuery } from "../../query/audit-query.js";
import { counted } from "../../text/safe-text.js";
import type { EntryQueries } from "../entries/entry-queries.js";
import { lineOfRow } from "../entries/entry-row.js";
import type { EntryTable } from "../entries/entry-table.js";
import { journalFailed } from "../file/sqlite.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import type { MerkleTree } from "./merkle-tree.js";

/** The parts of a journal that proofs are made from. */
export interface ProvenParts {
  readonly entries: EntryTable;
  readonly queries: EntryQueries;
  readonly tree: MerkleTree;
  readonly checkpoints: CheckpointTable;
}

/**
 * Proves an entry, or all entries of a proposal, to somebody who has the log's public key.
 *
 * @param what - A sequence, or a proposal.
 * @returns A C2SP tlog-proof file of one entry with its line, or an evidence bundle.
 * @throws `AuditError` `journal_failed`, `verification_failed`, `invalid_options`, `invalid_query`.
 */
export function prove(what: number | { readonly proposalId: string }, parts: ProvenParts): string {
  if (typeof what === "number") {
    const checkpoint = checkpointOver(what, parts);
    const { line, proof } = proven(what, checkpoint, parts);
    return formatTlogProof({
      index: what,
      proof,
      checkpoint: checkpoint.note,
      extra: Buffer.from(line),
    });
  }
  // A query without this condition would hand over the whole log.
  if (typeof what?.proposalId !== "string") throw invalidOption("proposalId", "expected a string");
  const { proposalId } = what;
  const sequences = parts.queries
    .select(parseQuery({ proposalId, order: "oldest", limit: Number.MAX_SAFE_INTEGER }))
    .map(({ sequence }) => sequence);
  const last = sequences.at(-1);
  if (last === undefined)
    throw journalFailed(
      `there is no entry of the proposal "${proposalId}" to prove. Check the id; its entries may ` +
        "have been pruned",
    );
  const checkpoint = checkpointOver(last, parts);
  return formatBundle({
    origin: checkpoint.origin,
    checkpoint: checkpoint.note,
    entries: sequences.map((sequence) => ({ sequence, ...proven(sequence, checkpoint, parts) })),
  });
}

/** The newest checkpoint, which must cover the entry of a sequence. */
function checkpointOver(sequence: number, { checkpoints }: ProvenParts): Checkpoint {
  const checkpoint = checkpoints.newest();
  if (checkpoint !== undefined && checkpoint.size > sequence) return checkpoint;
  const covered =
    checkpoint === undefined
      ? "there is no checkpoint"
      : `the newest one covers ${counted(checkpoint.size, "entry", "entries")}`;
  throw journalFailed(
    `no checkpoint covers the entry of sequence ${sequence} yet: ${covered}. Sign one ` +
      "(audit.checkpoint(), or quorumlog checkpoint --sign KEYFILE)",
  );
}

/** The line of an entry, and its proof, which is verified before anybody relies on it. */
function proven(
  sequence: number,
  { size, rootHash }: Checkpoint,
  { entries, tree }: ProvenParts,
): { readonly line: string; readonly proof: Hash[] } {
  const [row] = entries.rows(sequence, sequence + 1, 1);
  if (row === undefined)
    throw journalFailed(
      `there is no entry of sequence ${sequence} to prove. Check the sequence; the entry may ` +
        "have been pruned",
    );
  const line = lineOfRow(row);
  const leafHash = leafHashOf(line);
  const proof = inclusionProof(sequence, size, tree.subtree);
  const root = Buffer.from(rootHash, "hex");
  if (!verifyInclusion({ index: sequence, size, leafHash, proof, root }))
    throw new AuditError(
      "verification_failed",
      `the entry of sequence ${sequence} is not in the tree that the checkpoint of ${size} ` +
        "entries signed; verify the journal, and restore it from a backup",
    );
  return { line, proof };
}
