import type { Hash } from "../integrity/merkle-hash.js";
import { counted } from "./counted.js";
import type { EntryCheck } from "./entry-check.js";
import type { KnownCheckpoint } from "./known-checkpoints.js";
import type { Problems } from "./problems.js";
import { rootsAt } from "./roots-at.js";

/** A checkpoint, held against the entries. */
export interface HeldCheckpoint extends KnownCheckpoint {
  /** Whether the lines hash to its root; undefined where entries below its size are not there. */
  readonly consistent: boolean | undefined;
}

interface Judged extends HeldCheckpoint {
  /** Whether the lines do, or the leaf hashes that the source has for those that were altered since. */
  readonly explained: boolean | undefined;
}

/** Whether a verdict can rest on a checkpoint. */
export function isAnchor({ signed, trusted }: KnownCheckpoint): boolean {
  return signed || trusted;
}

/**
 * Holds checkpoints against the entries: the root of each, and that none says of more entries than there are.
 *
 * @param checkpoints - By rising size.
 */
export function holdRoots(
  checkpoints: readonly KnownCheckpoint[],
  entries: EntryCheck,
  problems: Problems,
): readonly HeldCheckpoint[] {
  const { leaves, storedLeaves } = entries;
  const sizes = checkpoints.map(({ size }) => size);
  const roots = rootsAt(sizes, (sequence) => leaves.get(sequence));
  // An altered line beside the leaf hash that was signed spoils all later roots by the lines, and none by the stored hashes.
  const storedRoots =
    storedLeaves.size === 0
      ? roots
      : rootsAt(
          sizes,
          (sequence): Hash | undefined => storedLeaves.get(sequence) ?? leaves.get(sequence),
        );
  const judged = checkpoints.map((checkpoint): Judged => {
    const root = roots.get(checkpoint.size);
    const consistent = root === undefined ? undefined : root === checkpoint.rootHash;
    const explained =
      consistent === false ? storedRoots.get(checkpoint.size) === checkpoint.rootHash : consistent;
    return { ...checkpoint, consistent, explained };
  });
  reportForks(checkpoints.filter(isAnchor), problems);
  if (!reportMismatch(judged.filter(isAnchor), "fork", problems))
    reportMismatch(judged, "root_mismatch", problems);
  reportTruncation(checkpoints, leaves.end, problems);
  return judged.map(({ explained: _, ...checkpoint }) => checkpoint);
}

/**
 * Reports two of one size that disagree. They are enough: that of two sizes contradict each other only the entries show.
 *
 * @param anchors - By rising size.
 */
export function reportForks(anchors: readonly KnownCheckpoint[], problems: Problems): void {
  for (const [index, { size, rootHash }] of anchors.entries()) {
    const before = anchors[index - 1];
    if (before?.size !== size || before.rootHash === rootHash) continue;
    const message = `the log has two checkpoints of size ${size}, with the roots ${before.rootHash} and ${rootHash}`;
    problems.add({ code: "fork", message });
  }
}

/**
 * Reports the first of the checkpoints that the entries contradict, and answers whether there is any.
 *
 * @param contradiction - What it is where the entries agree with a later one: they have both roots to show, so that the
 * later tree does not begin with the earlier one.
 */
function reportMismatch(
  checkpoints: readonly Judged[],
  contradiction: "fork" | "root_mismatch",
  problems: Problems,
): boolean {
  const bad = checkpoints.filter(({ explained }) => explained === false);
  const good = checkpoints.findLast(({ explained }) => explained === true);
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
  checkpoints: readonly KnownCheckpoint[],
  end: number,
  problems: Problems,
): void {
  const newest = checkpoints.at(-1);
  if (newest === undefined || newest.size <= end) return;
  const message = `${counted(newest.size - end, "entry is", "entries are")} missing at the end: there is a checkpoint of size ${newest.size}`;
  problems.add({ code: "truncated", from: end, to: newest.size - 1, message });
}
