import { invalidOption } from "../../errors.js";
import { EMPTY_ROOT, type Hash, nodeHash } from "./merkle-hash.js";

/**
 * Returns the root of the complete subtree over the leaves [first, first + 2^height), where `first`
 * is a multiple of 2^height. At height 0, this is the leaf hash. An error that it throws goes to
 * the caller.
 */
export type SubtreeReader = (first: number, height: number) => Hash;

/**
 * The proof that a leaf is in a tree, without the leaf and the root (RFC 9162 section 2.1.3).
 */
export interface InclusionProof {
  /** The leaf's index, which is the sequence of its entry. */
  readonly index: number;
  /** How many leaves the tree has. */
  readonly size: number;
  /** The hashes beside the way to the root, the leaf's sibling first. */
  readonly hashes: readonly Hash[];
}

/**
 * The root of the tree over the first `size` leaves (RFC 9162 section 2.1.1). Reads once for each
 * bit that is set in `size`.
 *
 * @throws `AuditError` `invalid_options` unless `size` is a safe integer of at least 0.
 */
export function rootOf(size: number, reader: SubtreeReader): Hash {
  checkRange(size, "size", 0);
  return size === 0 ? EMPTY_ROOT : rangeRoot(0, size, reader);
}

/**
 * The proof that the leaf `index` is in the tree of `size` leaves (RFC 9162 section 2.1.3.1). Takes
 * O(log size) reads.
 *
 * @throws `AuditError` `invalid_options` if the tree has no such leaf.
 */
export function inclusionProof(index: number, size: number, reader: SubtreeReader): Hash[] {
  checkRange(size, "size", 1);
  checkRange(index, "index", 0, size - 1);
  const proof: Hash[] = [];
  let first = 0;
  for (let end = size; end - first > 1; ) {
    const middle = first + leftSize(end - first);
    if (index < middle) {
      proof.push(rangeRoot(middle, end, reader));
      end = middle;
    } else {
      proof.push(rangeRoot(first, middle, reader));
      first = middle;
    }
  }
  return proof.reverse();
}

/** A run of leaves, [first, end). */
export interface LeafRange {
  readonly first: number;
  readonly end: number;
}

/**
 * The subtrees whose roots prove that several leaves are in a tree: the largest ones that hold none
 * of these leaves, from left to right. One proof for all of them holds each hash once, and is empty
 * where they are all leaves of the tree.
 *
 * @param indexes - Ascending, each once, and less than `size`.
 */
export function sharedProofRanges(indexes: readonly number[], size: number): LeafRange[] {
  checkRange(size, "size", 1);
  const ranges: LeafRange[] = [];
  const walk = (first: number, end: number, from: number, to: number): void => {
    if (from === to) ranges.push({ first, end });
    if (from === to || end - first === to - from) return;
    const middle = first + leftSize(end - first);
    const split = splitAt(indexes, middle, from, to);
    walk(first, middle, from, split);
    walk(middle, end, split, to);
  };
  walk(0, size, 0, indexes.length);
  return ranges;
}

/**
 * The inclusion proof of each leaf (RFC 9162 section 2.1.3), made from the proof that they share.
 * Whether they lead to the root of the tree is not checked here.
 *
 * @param indexes - Ascending, each once, and less than `size`.
 * @param leaves - The leaf hash of each index.
 * @param shared - The root of each of the {@link sharedProofRanges}.
 * @returns For each index, the hashes, the leaf's sibling first.
 */
export function proofsFromShared(
  indexes: readonly number[],
  leaves: readonly Hash[],
  size: number,
  shared: readonly Hash[],
): Hash[][] {
  const proofs: Hash[][] = indexes.map(() => []);
  let used = 0;
  const rootBelow = (first: number, end: number, from: number, to: number): Hash => {
    if (from === to) return shared[used++] as Hash;
    if (end - first === 1) return leaves[from] as Hash;
    const middle = first + leftSize(end - first);
    const split = splitAt(indexes, middle, from, to);
    const left = rootBelow(first, middle, from, split);
    const right = rootBelow(middle, end, split, to);
    for (let at = from; at < split; at++) proofs[at]?.push(right);
    for (let at = split; at < to; at++) proofs[at]?.push(left);
    return nodeHash(left, right);
  };
  rootBelow(0, size, 0, indexes.length);
  return proofs;
}

/**
 * The proof that leaves share, from the inclusion proof of each: the inverse of
 * {@link proofsFromShared}.
 *
 * @param indexes - Ascending, each once, at least one, and less than `size`.
 * @param proofs - The inclusion proof of each index, the leaf's sibling first.
 */
export function sharedFromProofs(
  indexes: readonly number[],
  proofs: readonly (readonly Hash[])[],
  size: number,
): Hash[] {
  const shared: Hash[] = [];
  const walk = (first: number, end: number, from: number, to: number, depth: number): void => {
    if (end - first === to - from) return;
    const middle = first + leftSize(end - first);
    const split = splitAt(indexes, middle, from, to);
    // a half without a leaf is beside the way of any leaf in the other half
    const beside = (proofs[from] as readonly Hash[]).at(-1 - depth) as Hash;
    if (from === split) shared.push(beside);
    else walk(first, middle, from, split, depth + 1);
    if (split === to) shared.push(beside);
    else walk(middle, end, split, to, depth + 1);
  };
  walk(0, size, 0, indexes.length, 0);
  return shared;
}

/** The position of the first index that is not below `middle`, among those in [from, to). */
function splitAt(indexes: readonly number[], middle: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const between = (low + high) >>> 1;
    if ((indexes[between] as number) < middle) low = between + 1;
    else high = between;
  }
  return low;
}

/**
 * The proof that the tree of `second` leaves begins with the tree of `first` leaves (RFC 9162
 * section 2.1.4.1). Takes O(log second) reads. Empty if both have the same size.
 *
 * @throws `AuditError` `invalid_options` unless 1 \<= first \<= second: any tree begins with the
 * empty one.
 */
export function consistencyProof(first: number, second: number, reader: SubtreeReader): Hash[] {
  checkRange(second, "second", 1);
  checkRange(first, "first", 1, second);
  const proof: Hash[] = [];
  let start = 0;
  let end = second;
  while (end > first) {
    const middle = start + leftSize(end - start);
    if (first <= middle) {
      proof.push(rangeRoot(middle, end, reader));
      end = middle;
    } else {
      proof.push(rangeRoot(start, middle, reader));
      start = middle;
    }
  }
  // If the first tree is a subtree of the second one, the verifier knows its root.
  if (start > 0) proof.push(rangeRoot(start, end, reader));
  return proof.reverse();
}

/** The root over the leaves [first, end), where a subtree can begin at `first`. */
function rangeRoot(first: number, end: number, reader: SubtreeReader): Hash {
  const size = end - first;
  if (size === 1) return reader(first, 0);
  const left = leftSize(size);
  if (left * 2 === size) return reader(first, heightOf(left) + 1);
  return nodeHash(reader(first, heightOf(left)), rangeRoot(first + left, end, reader));
}

/**
 * How many leaves go to the left: the largest power of two below `size`, where `size` is at least
 * 2.
 */
function leftSize(size: number): number {
  return 2 ** heightOf(size - 1);
}

const WORD = 2 ** 32;

/**
 * The binary logarithm, rounded down. `Math.log2` rounds up just below 2^49, and bit operators work
 * on 32 bits only.
 */
function heightOf(size: number): number {
  return size < WORD ? 31 - Math.clz32(size) : 63 - Math.clz32(size / WORD);
}

function checkRange(
  value: number,
  field: string,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum)
    throw invalidOption(field, `expected an integer from ${minimum} to ${maximum}`);
}
