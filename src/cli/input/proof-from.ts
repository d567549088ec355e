import type { AuditEntry } from "../../entry/audit-entry.js";
import { leafHashOf, readLine } from "../../entry/line.js";
import { AuditError, invalidEvidence } from "../../errors.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import { blocksOf, lineText } from "../../integrity/evidence.js";
import {
  type BundleEntry,
  formatBundle,
  formatSharedBundle,
} from "../../integrity/evidence-bundle.js";
import { CompactRange } from "../../integrity/merkle/compact-range.js";
import { EMPTY_ROOT, type Hash, hashOfHex, hexOf } from "../../integrity/merkle/merkle-hash.js";
import {
  inclusionProof,
  sharedFromProofs,
  sharedProofRanges,
} from "../../integrity/merkle/merkle-proofs.js";
import { formatTlogProof, parseTlogProof } from "../../integrity/tlog-proof.js";
import type { Journal } from "../../journal/journal.js";
import { counted } from "../../text/safe-text.js";
import { entryPages, isPartial, type Source } from "./source.js";

/** One entry by its sequence, all of a proposal, or chosen entries. */
export type Proved =
  | number
  | { readonly proposalId: string }
  | { readonly sequences: readonly number[] };

/** The line of an entry, and its inclusion proof. */
interface ProvedLine {
  readonly line: string;
  readonly proof: readonly Hash[];
}

/** Lines with their proofs, by sequence. */
type ProvedLines = ReadonlyMap<number, ProvedLine>;

/**
 * Proves entries of a source against its newest checkpoint: the text of a tlog-proof file for a
 * sequence, else an evidence bundle (JSON).
 *
 * @throws `AuditError` `journal_failed`, or `invalid_evidence` for another source, when there is no
 * such entry or no checkpoint that covers it; `verification_failed` when the entries are not those
 * that were signed.
 */
export async function proofFrom(source: Source, what: Proved): Promise<string> {
  const { journal } = source;
  if (journal !== undefined) {
    await source.reader(); // refuses a journal of another log than --log says
    if (typeof what === "number" && what >= journal.length)
      throw new AuditError(
        "journal_failed",
        `journal: there is no entry ${what} yet; the next one is ${journal.length}`,
      );
    return typeof what === "object" && "sequences" in what
      ? bundleOf(journal, what.sequences)
      : journal.prove(what);
  }
  const sequences = await sequencesOf(source, what);
  const checkpoint = await source.newestCheckpoint();
  if (checkpoint === undefined)
    throw invalidEvidence("it has no checkpoint to prove an entry with");
  const { size, origin, note } = checkpoint;
  const last = sequences.at(-1) ?? 0;
  if (size <= last)
    throw invalidEvidence(
      `the newest checkpoint covers ${counted(size, "entry", "entries")}, but not entry ${last}`,
    );
  const lines = isPartial(source)
    ? await givenProofs(source)
    : await proofsInTree(source, sequences, checkpoint);
  const entries = sequences.map((sequence) => {
    return { sequence, ...(lines.get(sequence) as ProvedLine) };
  });
  if (typeof what === "object") return formatBundle({ origin, checkpoint: note, entries });
  const { line, proof } = entries[0] as (typeof entries)[number];
  return formatTlogProof({ index: what, proof, checkpoint: note, extra: Buffer.from(line) });
}

/** A bundle of chosen entries of a journal, from the proof of each. */
async function bundleOf(journal: Journal, sequences: readonly number[]): Promise<string> {
  const entries: BundleEntry[] = [];
  let newest: Checkpoint | undefined;
  for (const sequence of sequences) {
    const {
      proof,
      checkpoint,
      extra = new Uint8Array(),
    } = parseTlogProof(await journal.prove(sequence));
    const its = parseCheckpoint(checkpoint);
    // an app may sign a newer one meanwhile; the proofs of a bundle are all in one tree
    if (newest !== undefined && its.size !== newest.size) return bundleOf(journal, sequences);
    newest = its;
    entries.push({ sequence, line: Buffer.from(extra).toString("utf8"), proof });
  }
  if (newest === undefined) throw invalidEvidence("there is no entry to prove");
  return formatBundle({ origin: newest.origin, checkpoint: newest.note, entries });
}

/** The sequences of the entries, ascending. Throws `invalid_evidence` where there is none. */
async function sequencesOf(source: Source, what: Proved): Promise<readonly number[]> {
  if (typeof what === "object" && "sequences" in what) return what.sequences;
  // "after" cannot name an entry before the first one
  const after = typeof what === "number" && what > 0 ? what - 1 : undefined;
  const query =
    typeof what === "number" ? { after, before: what + 1 } : { proposalId: [what.proposalId] };
  const sequences: number[] = [];
  for await (const page of entryPages(await source.reader(), { ...query, order: "oldest" }))
    sequences.push(...page.map(({ sequence }) => sequence));
  if (sequences.length > 0) return sequences;
  throw invalidEvidence(
    typeof what === "number"
      ? `there is no entry ${what}`
      : `there is no entry of the proposal "${what.proposalId}"`,
  );
}

/** The proofs that a bundle or a proof holds. Its reader has verified them. */
async function givenProofs(source: Source): Promise<ProvedLines> {
  const lines = new Map<number, ProvedLine>();
  for await (const item of source.evidence()) {
    if (item.kind !== "line" || item.inclusion === undefined) continue;
    const { inclusion } = item;
    lines.set(inclusion.index, { line: lineText(item) ?? "", proof: inclusion.hashes });
  }
  return lines;
}

/**
 * Makes the tree of a checkpoint from all lines of the log, in one pass, and keeps only the lines
 * and the hashes that the proofs need.
 */
async function proofsInTree(
  source: Source,
  sequences: readonly number[],
  { size, rootHash }: Checkpoint,
): Promise<ProvedLines> {
  const texts = new Map<number, string>(sequences.map((sequence) => [sequence, ""]));
  const hashes = new Map<string, Hash>();
  const keep = (first: number, height: number, hash: Hash): void => {
    const place = `${first} ${height}`;
    if (hashes.has(place)) hashes.set(place, hash);
  };
  for (const sequence of sequences)
    inclusionProof(sequence, size, (first, height) => {
      hashes.set(`${first} ${height}`, EMPTY_ROOT);
      return EMPTY_ROOT;
    });
  let [tree, next] = [CompactRange.EMPTY, 0];
  for await (const line of (await source.reader()).lines()) {
    if (next === size || readLine(line)?.sequence !== next) break;
    if (texts.has(next)) texts.set(next, line);
    const leaf = leafHashOf(line);
    keep(next, 0, leaf);
    tree = tree.append(leaf, (height, index, root) => keep(index * 2 ** height, height, root));
    next++;
  }
  if (next < size)
    throw invalidEvidence(
      `entry ${next} is missing, and a proof needs all that the checkpoint covers: ` +
        counted(size, "entry", "entries"),
    );
  if (hexOf(tree.root()) !== rootHash)
    throw new AuditError(
      "verification_failed",
      `the entries are not those that the checkpoint of ${counted(size, "entry", "entries")} ` +
        "signed; quorumlog verify shows what is wrong",
    );
  return new Map(
    Array.from(texts, ([sequence, line]) => {
      const proof = inclusionProof(
        sequence,
        size,
        (first, height) => hashes.get(`${first} ${height}`) as Hash,
      );
      return [sequence, { line, proof }];
    }),
  );
}

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
