import { CompactRange, type SubtreeListener } from "../integrity/merkle/compact-range.js";
import { hexOf } from "../integrity/merkle/merkle-hash.js";
import { verifyInclusion } from "../integrity/merkle/verify-proofs.js";
import { counted } from "../text/safe-text.js";
import { isAnchor, type JudgedCheckpoint } from "./checkpoint-check.js";
import type { EntryCheck, ProvedLine } from "./entry-check.js";
import type { Problems } from "./problems.js";

/** Whether the entries hash to the root of a checkpoint, or did before they were altered. */
type Explains = (checkpoint: JudgedCheckpoint) => boolean | undefined;

/**
 * Compares the checkpoints with each other, and their roots and sizes with the entries. The entries
 * of a partial source cannot be compared.
 *
 * @param checkpoints - By rising size.
 * @param isCut - Whether lines are missing because they could not be read.
 * @returns The checkpoints, with what `consistent` is.
 */
export function checkRoots(
  checkpoints: readonly JudgedCheckpoint[],
  entries: EntryCheck,
  isCut: boolean,
  problems: Problems,
): readonly JudgedCheckpoint[] {
  const { leaves, storedLeaves, subtrees, partial } = entries;
  reportForks(checkpoints.filter(isAnchor), problems);
  if (partial) return checkpoints;
  const sizes = checkpoints.map(({ size }) => size);
  // Subtrees are kept of entries that no checkpoint covers too.
  if (!subtrees.isEmpty) sizes.push(leaves.end);
  sizes.sort((a, b) => a - b);
  const kept = subtrees.comparison();
  const roots = rootsAt(sizes, (from, most) => leaves.run(from, most), kept);
  const compared = checkpoints.map((checkpoint): JudgedCheckpoint => {
    const root = roots.get(checkpoint.size);
    const consistent = root === undefined ? undefined : root === checkpoint.rootHash;
    return { ...checkpoint, consistent };
  });
  // One altered line spoils all later roots. With the leaf hash that the source still has for it,
  // the roots that only suffer from that line can be told from those that contradict the entries.
  const storedKept = storedLeaves.isEmpty ? kept : subtrees.comparison();
  const storedRoots = storedLeaves.isEmpty
    ? roots
    : rootsAt(sizes, (sequence) => storedLeaves.get(sequence) ?? leaves.get(sequence), storedKept);
  const explains: Explains = ({ consistent, size, rootHash }) =>
    consistent === false ? storedRoots.get(size) === rootHash : consistent;
  if (!reportMismatch(compared.filter(isAnchor), explains, "fork", problems))
    reportMismatch(compared, explains, "root_mismatch", problems);
  if (!isCut) reportTruncation(checkpoints, leaves.end, problems);
  // The source made its subtrees from the leaf hashes that it keeps.
  const [wrong, storedWrong] = [kept.wrong(), storedKept.wrong()];
  if (wrong !== undefined && storedWrong !== undefined)
    problems.add(storedWrong.problem, storedWrong.count);
  return compared;
}

/**
 * Reports checkpoints of the same size that disagree. Two checkpoints of the same size are enough.
 * For different sizes, only the entries show the contradiction.
 *
 * @param anchors - By rising size.
 */
function reportForks(anchors: readonly JudgedCheckpoint[], problems: Problems): void {
  for (const [index, { size, rootHash }] of anchors.entries()) {
    const before = anchors[index - 1];
    if (before?.size !== size || before.rootHash === rootHash) continue;
    const roots = `${before.rootHash} and ${rootHash}`;
    const message = `the log has two checkpoints of size ${size}, with the roots ${roots}`;
    problems.add({ code: "fork", message });
  }
}

/**
 * Reports the first checkpoint that the entries contradict.
 *
 * @param contradiction - The code where the entries agree with a later checkpoint. They then prove
 * that its tree does not begin with the tree of the earlier checkpoint.
 * @returns Whether the entries contradict any checkpoint.
 */
function reportMismatch(
  checkpoints: readonly JudgedCheckpoint[],
  explains: Explains,
  contradiction: "fork" | "root_mismatch",
  problems: Problems,
): boolean {
  const bad = checkpoints.filter((checkpoint) => explains(checkpoint) === false);
  const good = checkpoints.findLast((checkpoint) => explains(checkpoint) === true);
  const goodSize = good?.size ?? 0;
  const earlier = bad.filter(({ size }) => size < goodSize);
  const later = bad.find(({ size }) => size > goodSize);
  if (earlier[0] !== undefined) {
    const { size, rootHash } = earlier[0];
    const message =
      `the checkpoint of size ${goodSize} does not continue ` +
      `the one of size ${size} with the root ${rootHash}`;
    problems.add({ code: contradiction, from: 0, to: size - 1, message }, earlier.length);
  }
  if (later !== undefined) {
    const unsigned = isAnchor(later) ? "" : ", which none of the given keys signed";
    const which = `the checkpoint of size ${later.size}`;
    const message = `an entry differs from those that ${which} covers${unsigned}`;
    problems.add({ code: "root_mismatch", from: goodSize, to: later.size - 1, message });
  }
  for (const { size, rootHash } of bad) {
    if (size !== goodSize) continue;
    const which = `a checkpoint of size ${size}`;
    const message = `the entries do not hash to the root ${rootHash} of ${which}`;
    problems.add({ code: "root_mismatch", message });
  }
  return bad.length > 0;
}

function reportTruncation(
  checkpoints: readonly JudgedCheckpoint[],
  end: number,
  problems: Problems,
): void {
  const newest = checkpoints.at(-1);
  if (newest === undefined || newest.size <= end) return;
  const missing = counted(newest.size - end, "entry is", "entries are");
  const covered = counted(newest.size, "entry", "entries");
  const message = `${missing} missing at the end: a checkpoint covers ${covered}`;
  problems.add({ code: "truncated", from: end, to: newest.size - 1, message });
}

/**
 * The roots at some sizes (RFC 9162 section 2.1.1), in one pass over the leaves from sequence 0 on.
 * The pass ends at the first leaf that is missing: larger sizes have no root.
 *
 * @param sizes - Rising.
 * @param runAt - The hashes of the leaves from a sequence on: at least one, `most` at the most.
 * Undefined where there is none.
 * @returns Roots by size, hexadecimal.
 */
function rootsAt(
  sizes: readonly number[],
  runAt: (from: number, most: number) => Uint8Array | undefined,
  listener: SubtreeListener,
): ReadonlyMap<number, string> {
  const roots = new Map<number, string>();
  let range = CompactRange.EMPTY;
  for (const size of sizes) {
    while (range.size < size) {
      const run = runAt(range.size, size - range.size);
      if (run === undefined) return roots;
      range = range.appendRun(run, listener);
    }
    roots.set(size, hexOf(range.root()));
  }
  return roots;
}

/**
 * Checks the inclusion proofs of lines against the checkpoints (RFC 9162 section 2.1.3.2).
 *
 * @returns How many entries a signed or trusted checkpoint proves.
 */
export function checkProofs(
  lines: readonly ProvedLine[],
  checkpoints: readonly JudgedCheckpoint[],
  problems: Problems,
): number {
  const proved = new Set<number>();
  const bySize = Map.groupBy(checkpoints, ({ size }) => size);
  for (const { sequence, line, hash, proof } of lines) {
    if (proof === undefined) continue;
    const { index, size, hashes } = proof;
    const ofSize = bySize.get(size) ?? [];
    const proving = ofSize.filter(
      ({ rootHash }) =>
        index === sequence &&
        verifyInclusion({
          index,
          size,
          leafHash: Buffer.from(hash, "hex"),
          proof: hashes,
          root: Buffer.from(rootHash, "hex"),
        }),
    );
    if (proving.some(isAnchor)) proved.add(sequence);
    if (ofSize.length > 0 && proving.length === 0) {
      const message = `its inclusion proof does not lead to the root of size ${size}`;
      problems.add({ code: "proof_mismatch", sequence, line, message });
    }
  }
  return proved.size;
}
