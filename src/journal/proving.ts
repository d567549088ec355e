import type { AuditEntry } from "../entry/audit-entry.js";
import { leafHashOf } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import { formatBundle } from "../integrity/evidence-bundle.js";
import { inclusionProof } from "../integrity/merkle/merkle-proofs.js";
import { verifyInclusion } from "../integrity/merkle/verify-proofs.js";
import { formatTlogProof } from "../integrity/tlog-proof.js";
import { lineOfRow } from "./entry-from-line.js";
import type { EntryTable } from "./entry-table.js";
import { journalFailed } from "./failure.js";

/** Proves single entries of a journal to somebody who has the log's public key. */
export class Prover {
  readonly #entries: EntryTable;
  readonly #newest: () => Checkpoint | undefined;

  /** @param newest - The newest checkpoint. */
  constructor(entries: EntryTable, newest: () => Checkpoint | undefined) {
    this.#entries = entries;
    this.#newest = newest;
  }

  /** A tlog-proof file of one entry, with its line. */
  entry(sequence: number): string {
    const checkpoint = this.#checkpointOver(sequence);
    const { line, proof } = this.#proven(sequence, checkpoint);
    return formatTlogProof({
      index: sequence,
      proof,
      checkpoint: checkpoint.note,
      extra: Buffer.from(line),
    });
  }

  /** An evidence bundle of entries, by rising sequence. */
  bundle(found: readonly AuditEntry[]): string {
    if (found.length === 0)
      throw journalFailed("there is no such entry to prove; it may have been pruned");
    const sequences = found.map(({ sequence }) => sequence);
    const checkpoint = this.#checkpointOver(sequences.at(-1) ?? -1);
    return formatBundle({
      origin: checkpoint.origin,
      checkpoint: checkpoint.note,
      entries: sequences.map((sequence) => ({ sequence, ...this.#proven(sequence, checkpoint) })),
    });
  }

  #checkpointOver(sequence: number): Checkpoint {
    const checkpoint = this.#newest();
    if (checkpoint !== undefined && checkpoint.size > sequence) return checkpoint;
    const covered =
      checkpoint === undefined ? "there is no checkpoint" : `the newest is over ${checkpoint.size}`;
    throw journalFailed(
      `no checkpoint is over the entry of sequence ${sequence} yet: ${covered}. Sign one (audit.checkpoint(), or ` +
        "quorumlog checkpoint --sign KEYFILE)",
    );
  }

  /** The line and the proof, which is checked before anybody relies on it. */
  #proven(sequence: number, { size, rootHash }: Checkpoint) {
    const [row] = this.#entries.rows(sequence, sequence + 1, 1);
    if (row === undefined)
      throw journalFailed(`there is no entry of sequence ${sequence}; it may have been pruned`);
    const line = lineOfRow(row);
    const leafHash = leafHashOf(line);
    const proof = inclusionProof(sequence, size, this.#entries.tree.subtree);
    if (
      !verifyInclusion({
        index: sequence,
        size,
        leafHash,
        proof,
        root: Buffer.from(rootHash, "hex"),
      })
    )
      throw new AuditError(
        "verification_failed",
        `the entry of sequence ${sequence} is not in the tree that the checkpoint over ${size} entries was signed of`,
      );
    return { line, proof };
  }
}
