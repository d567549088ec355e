import type { AuditEntry } from "../../entry/audit-entry.js";
import { leafHashOf } from "../../entry/line.js";
import { invalidEvidence } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import { blocksOf } from "../../integrity/evidence.js";
import { formatSharedBundle } from "../../integrity/evidence-bundle.js";
import { CompactRange } from "../../integrity/merkle/compact-range.js";
import { type Hash, hashOfHex } from "../../integrity/merkle/merkle-hash.js";
import { sharedFromProofs, sharedProofRanges } from "../../integrity/merkle/merkle-proofs.js";
import { counted } from "../../text/safe-text.js";
import { entryPages } from "./entry-pages.js";
import { isPartial, type Source } from "./source.js";

/** An entry and its canonical line. */
export interface ChosenEntry {
  readonly entry: AuditEntry;
  readonly line: string;
}

/**
 * Those of the chosen entries that can be evidence: all, where they are a whole log; of a part, the
 * ones that the checkpoint covers.
 *
 * @param chosen - By sequence.
 */
export function provable(
  chosen: readonly ChosenEntry[],
  { size }: Checkpoint,
): readonly ChosenEntry[] {
  return isWhole(chosen, size) ? chosen : chosen.filter(({ entry }) => entry.sequence < size);
}

function isWhole(chosen: readonly ChosenEntry[], size: number): boolean {
  return chosen.length >= size && chosen.at(-1)?.entry.sequence === chosen.length - 1;
}

/**
 * The evidence of entries, which share one proof; without a proof for a whole log.
 *
 * @param chosen - As {@link provable} leaves them.
 * @throws `AuditError` `invalid_evidence` where an entry is missing that the proof needs.
 */
export async function sharedBundleOf(
  source: Source,
  chosen: readonly ChosenEntry[],
  checkpoint: Checkpoint,
): Promise<string> {
  const { origin, note, size } = checkpoint;
  const sequences = chosen.map(({ entry }) => entry.sequence);
  const proof =
    isWhole(chosen, size) || size === 0
      ? []
      : isPartial(source)
        ? await proofFromProofs(source, sequences, size)
        : await proofFromLeaves(source, sequences, size);
  const entries = chosen.map(({ entry, line }) => ({ sequence: entry.sequence, line }));
  return formatSharedBundle({ origin, checkpoint: note, proof, entries });
}

/** From the proofs that a bundle holds. */
async function proofFromProofs(
  source: Source,
  sequences: readonly number[],
  size: number,
): Promise<Hash[]> {
  const wanted = new Set(sequences);
  const proofs = new Map<number, readonly Hash[]>();
  for await (const item of source.evidence())
    if (item.kind === "line" && wanted.has(item.inclusion?.index ?? -1))
      proofs.set(item.inclusion?.index ?? -1, item.inclusion?.hashes ?? []);
  if (proofs.size === 0) return [];
  return sharedFromProofs(
    sequences,
    sequences.map((sequence) => proofs.get(sequence) ?? []),
    size,
  );
}

/** From the leaf hashes of the whole log, in one pass. */
async function proofFromLeaves(
  source: Source,
  sequences: readonly number[],
  size: number,
): Promise<Hash[]> {
  const ranges = sharedProofRanges(sequences, size);
  const proof: Hash[] = [];
  let [at, next, tree] = [0, 0, CompactRange.EMPTY];
  for await (const { sequence, leaf } of leavesOf(source)) {
    const range = ranges[at];
    if (range === undefined || sequence !== next) break;
    next++;
    if (sequence < range.first) continue;
    tree = tree.append(leaf);
    if (next < range.end) continue;
    proof.push(tree.root());
    tree = CompactRange.EMPTY;
    at++;
  }
  if (at < ranges.length)
    throw invalidEvidence(
      `entry ${next} is missing, and a proof needs all that the checkpoint covers: ` +
        counted(size, "entry", "entries"),
    );
  return proof;
}

interface Leaf {
  readonly sequence: number;
  readonly leaf: Hash;
}

/** The leaf hashes of a log by sequence; of a journal also those of pruned entries. */
async function* leavesOf(source: Source): AsyncGenerator<Leaf, void, undefined> {
  if (source.journal === undefined) {
    for await (const entries of entryPages(await source.reader(), { order: "oldest" }))
      for (const { sequence, leafHash } of entries)
        yield { sequence, leaf: hashOfHex(leafHash) as Hash };
    return;
  }
  let sequence = 0;
  for await (const block of blocksOf(source.evidence()))
    for (const item of block) {
      if (item.kind === "pruned")
        yield { sequence: sequence++, leaf: hashOfHex(item.leafHash) as Hash };
      if (item.kind === "line") yield { sequence: sequence++, leaf: leafHashOf(item.line) };
    }
}
