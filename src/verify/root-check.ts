import { CompactRange } from "../integrity/merkle/compact-range.js";
import type { Hash } from "../integrity/merkle/merkle-hash.js";
import { counted } from "../text/safe-text.js";
import { isAnchor, type JudgedCheckpoint } from "./checkpoint-check.js";
import type { EntryCheck } from "./entry-check.js";
import type { Problems } from "./problems.js";

/**
 * Compares the root of each checkpoint with the entries, and its size with how many entries there are.
 *
 * @param checkpoints - By rising size.
 * @returns The checkpoints, with `consistent` filled in.
 */
export function checkRoots(
  checkpoints: readonly JudgedCheckpoint[],
  { leaves, storedLeaves }: EntryCheck,
  problems: Problems,
): readonly JudgedCheckpoint[] {
  const sizes = checkpoints.map(({ size }) => size);
  const roots = rootsAt(sizes, (sequence) => leaves.get(sequence));
  const judged = checkpoints.map((checkpoint): JudgedCheckpoint => {
    const root = roots.get(checkpoint.size);
    return {
      ...checkpoint,
      consistent: root === undefined ? undefined : root === checkpoint.rootHash,
    };
  });
  // An altered line spoils every later root. The leaf hash that the source kept for it still explains them: with it, the
  // first root that is really another one can be told from those that only follow the altered line.
  const storedRoots =
    storedLeaves.size === 0
      ? roots
      : rootsAt(
          sizes,
          (sequence): Hash | undefined => storedLeaves.get(sequence) ?? leaves.get(sequence),
        );
  const isExplained: Explained = ({ consistent, size, rootHash }) =>
    consistent === false ? storedRoots.get(size) === rootHash : consistent;
  const anchors = judged.filter(isAnchor);
  reportForks(anchors, problems);
  if (!reportMismatch(anchors, isExplained, "fork", problems))
    reportMismatch(judged, isExplained, "root_mismatch", problems);
  reportTruncation(checkpoints, leaves.end, problems);
  return judged;
}

/** Whether the entries hash to the root of a checkpoint, or did so before they were altered. Undefined is not known. */
type Explained = (checkpoint: JudgedCheckpoint) => boolean | undefined;

/**
 * Reports checkpoints of the same size that disagree. Two checkpoints of the same size are enough. For different sizes,
 * only the entries show the contradiction.
 *
 * @param anchors - By rising size.
 */
export function reportForks(anchors: readonly JudgedCheckpoint[], problems: Problems): void {
  for (const [index, { size, rootHash }] of anchors.entries()) {
    const before = anchors[index - 1];
    if (before?.size !== size || before.rootHash === rootHash) continue;
    const message = `the log has two checkpoints of size ${size}, with the roots ${before.rootHash} and ${rootHash}`;
    problems.add({ code: "fork", message });
  }
}

/**
 * Reports the first checkpoint that the entries contradict.
 *
 * @param contradiction - The code where the entries agree with a later checkpoint. The entries then have both roots to
 * show: the later tree does not begin with the earlier one.
 * @returns Whether the entries contradict any of the checkpoints.
 */
function reportMismatch(
  checkpoints: readonly JudgedCheckpoint[],
  isExplained: Explained,
  contradiction: "fork" | "root_mismatch",
  problems: Problems,
): boolean {
  const bad = checkpoints.filter((checkpoint) => isExplained(checkpoint) === false);
  const good = checkpoints.findLast((checkpoint) => isExplained(checkpoint) === true);
  const goodSize = good?.size ?? 0;
  const earlier = bad.filter(({ size }) => size < goodSize);
  const later = bad.find(({ size }) => size > goodSize);
  if (earlier[0] !== undefined) {
    const { size, rootHash } = earlier[0];
    const message = `the checkpoint of size ${goodSize} does not continue the one of size ${size} with the root ${rootHash}`;
    problems.add({ code: contradiction, from: 0, to: size - 1, message }, earlier.length);
  }
  if (later !== undefined) {
    const range = { from: goodSize, to: later.size - 1 };
    const unsigned = isAnchor(later) ? "" : ", which none of the given keys signed,";
    const message = `an entry after the checkpoint of size ${goodSize} is not the one that the checkpoint of size ${later.size}${unsigned} was made of`;
    problems.add({ code: "root_mismatch", ...range, message });
  }
  for (const { size, rootHash } of bad) {
    if (size !== goodSize) continue;
    const message = `the root ${rootHash} of a checkpoint of size ${size} is not that of the entries`;
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
  const message = `${counted(newest.size - end, "entry is", "entries are")} missing at the end: there is a checkpoint of size ${newest.size}`;
  problems.add({ code: "truncated", from: end, to: newest.size - 1, message });
}

/**
 * The roots at some sizes (RFC 9162 section 2.1.1), in one pass over the leaves from sequence 0 on. The pass ends at the
 * first leaf that is not there: larger sizes have no root.
 *
 * @param sizes - Rising.
 * @returns Roots by size, hexadecimal.
 */
function rootsAt(
  sizes: readonly number[],
  leafAt: (sequence: number) => Hash | undefined,
): ReadonlyMap<number, string> {
  const roots = new Map<number, string>();
  let range = CompactRange.EMPTY;
  for (const size of sizes) {
    while (range.size < size) {
      const leaf = leafAt(range.size);
      if (leaf === undefined) return roots;
      range = range.append(leaf);
    }
    roots.set(size, Buffer.from(range.root()).toString("hex"));
  }
  return roots;
}
