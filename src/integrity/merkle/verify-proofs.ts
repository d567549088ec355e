import { EMPTY_ROOT, equalHashes, HASH_BYTES, type Hash, nodeHash } from "./merkle-hash.js";

/**
 * No inclusion proof has more hashes: a tree has less than 2^53 leaves. A reader refuses a longer
 * one before it decodes a hash.
 */
export const MAX_INCLUSION_HASHES = 53;

/** An inclusion proof, and what it is checked against. */
export interface InclusionCheck {
  /** The leaf's index. */
  readonly index: number;
  /** How many leaves the tree has. */
  readonly size: number;
  /** The leaf's hash. Make it from the line that is claimed to be the leaf. */
  readonly leafHash: Hash;
  /** The proof, the leaf's sibling first. */
  readonly proof: readonly Hash[];
  /** The root of the tree. Take it from a checkpoint that you can rely on. */
  readonly root: Hash;
}

/** A consistency proof, and what it is checked against. */
export interface ConsistencyCheck {
  /** How many leaves the earlier tree has. */
  readonly first: number;
  /** How many leaves the later tree has. */
  readonly second: number;
  /** The root of the earlier tree. */
  readonly firstRoot: Hash;
  /** The root of the later tree. */
  readonly secondRoot: Hash;
  /** The proof, in the order of RFC 9162 section 2.1.4.1. */
  readonly proof: readonly Hash[];
}

/**
 * Whether an inclusion proof proves that a leaf is in a tree (RFC 9162 section 2.1.3.2).
 *
 * All of it may come from an attacker. Numbers out of range and hashes that do not have 32 bytes
 * are refused. A proof with too few or too many hashes is refused before anything is hashed.
 */
export function verifyInclusion({ index, size, leafHash, proof, root }: InclusionCheck): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let node = index;
  let last = size - 1;
  if (proof.length !== siblingsOf(node, last) || leafHash.length !== HASH_BYTES) return false;
  let hash = leafHash;
  for (const sibling of proof) {
    if (sibling.length !== HASH_BYTES) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      // The last node of a level has no sibling and goes up as it is.
      for (; !isOdd(node) && node > 0; last = half(last)) node = half(node);
    } else hash = nodeHash(hash, sibling);
    node = half(node);
    last = half(last);
  }
  return equalHashes(hash, root);
}

/**
 * Whether a consistency proof proves that a tree begins with an earlier one (RFC 9162 section
 * 2.1.4.2).
 *
 * Two trees of the same size are consistent if their roots are equal and the proof is empty. If
 * both have no leaves, the roots must be the root of the empty tree. Every tree begins with the
 * empty tree, so there is no such proof, and the check refuses one. A proof with too few or too
 * many hashes is refused before anything is hashed.
 */
export function verifyConsistency(check: ConsistencyCheck): boolean {
  const { first, second, firstRoot, secondRoot, proof } = check;
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (first === second) {
    const known = first > 0 || equalHashes(firstRoot, EMPTY_ROOT);
    return known && proof.length === 0 && equalHashes(firstRoot, secondRoot);
  }
  if (first === 0) return false;
  let node = first - 1;
  let last = second - 1;
  for (; isOdd(node); last = half(last)) node = half(node);
  // If the size of the first tree is a power of two, it is a complete subtree of the second one.
  const isSubtree = node === 0;
  if (proof.length !== siblingsOf(node, last) + (isSubtree ? 0 : 1)) return false;
  const [start, ...rest] = isSubtree ? [firstRoot, ...proof] : proof;
  if (start?.length !== HASH_BYTES) return false;
  let earlier = start;
  let later = start;
  for (const sibling of rest) {
    if (sibling.length !== HASH_BYTES) return false;
    if (isOdd(node) || node === last) {
      earlier = nodeHash(sibling, earlier);
      later = nodeHash(sibling, later);
      for (; !isOdd(node) && node > 0; last = half(last)) node = half(node);
    } else later = nodeHash(later, sibling);
    node = half(node);
    last = half(last);
  }
  return equalHashes(earlier, firstRoot) && equalHashes(later, secondRoot);
}

/**
 * How many nodes on the way to the root have a sibling, where `last` is the last of their level.
 */
function siblingsOf(node: number, last: number): number {
  let siblings = 0;
  for (let at = node, end = last; end > 0; at = half(at), end = half(end))
    if (isOdd(at) || at < end) siblings++;
  return siblings;
}

// Bit operators work on 32 bits only, and a size has up to 53.
const isOdd = (number: number): boolean => number % 2 === 1;
const half = (number: number): number => Math.floor(number / 2);
const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;
