import { createHash } from "node:crypto";
import type { SubtreeReader } from "../../src/integrity/merkle-proofs.js";

/** The definitions of RFC 9162 section 2.1, word for word, on a plain list of leaf hashes; as slow as they come. */

const node = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash("sha256").update(Uint8Array.of(1)).update(left).update(right).digest();

/** A leaf hash of a number. */
export const leaf = (index: number): Buffer =>
  createHash("sha256").update(Uint8Array.of(0)).update(`leaf ${index}`).digest();

/** So many leaf hashes. */
export const leavesOf = (size: number): Buffer[] =>
  Array.from({ length: size }, (_, index) => leaf(index));

/** The largest power of two below `size`. */
function k(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** MTH, section 2.1.1. */
export function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return createHash("sha256").digest();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const split = k(leaves.length);
  return node(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

/** PATH, section 2.1.3.1. */
export function path(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const split = k(leaves.length);
  return m < split
    ? [...path(m, leaves.slice(0, split)), treeHash(leaves.slice(split))]
    : [...path(m - split, leaves.slice(split)), treeHash(leaves.slice(0, split))];
}

/** PROOF, section 2.1.4.1. */
export function proofBetween(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Uint8Array[], known: boolean): Uint8Array[] {
  if (m === leaves.length) return known ? [] : [treeHash(leaves)];
  const split = k(leaves.length);
  return m <= split
    ? [...subproof(m, leaves.slice(0, split), known), treeHash(leaves.slice(split))]
    : [...subproof(m - split, leaves.slice(split), false), treeHash(leaves.slice(0, split))];
}

/** Reads subtrees of a list, and refuses what is no complete subtree of it. */
export function readerOf(leaves: readonly Uint8Array[]): SubtreeReader {
  return (first, height) => {
    const end = first + 2 ** height;
    if (first % 2 ** height !== 0 || end > leaves.length)
      throw new Error(`no subtree ${first} ${height}`);
    return treeHash(leaves.slice(first, end));
  };
}
