import { sha256, sha256Into } from "../../entry/sha256.js";

/** A SHA-256 hash, 32 bytes. */
export type Hash = Uint8Array;

/** How many bytes a {@link Hash} has. */
export const HASH_BYTES = 32;

/**
 * The root of the tree without leaves, SHA-256 of nothing (RFC 9162 section 2.1.1). Written down,
 * because a command that hashes nothing need not load `node:crypto`.
 */
export const EMPTY_ROOT: Hash = Buffer.from(
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "hex",
);

/** The input of {@link nodeHash}. Hashing is synchronous, so all calls can share one. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/**
 * The hash of the node over two subtrees, SHA-256(0x01 || left || right) (RFC 9162 section 2.1.1).
 *
 * @param left - The root of the left subtree, 32 bytes. Whoever parses a hash checks its length.
 * @param right - The root of the right subtree, 32 bytes.
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

/** The most levels that {@link reduceNodes} reduces. */
export const MAX_RUN_HEIGHT = 10;

/** The input of a node, and behind it the nodes of one level, which those of the next replace. */
const LEVEL = Buffer.alloc(NODE.length + HASH_BYTES * 2 ** MAX_RUN_HEIGHT, 0x01);
const LEVEL_NODE = LEVEL.subarray(0, NODE.length);

/**
 * The root of the complete subtree over 2^height leaves (RFC 9162 section 2.1.1).
 *
 * @param leaves - Their hashes, one behind the other.
 * @param height - At most {@link MAX_RUN_HEIGHT}.
 * @param heights - The heights that `onNode` hears of.
 * @param onNode - Hears of each node, with its index in its level. It copies what it keeps.
 */
export function reduceNodes(
  leaves: Uint8Array,
  height: number,
  heights?: ReadonlySet<number>,
  onNode?: (height: number, index: number, node: Hash) => void,
): Hash {
  LEVEL.set(leaves, NODE.length);
  for (let level = 1; level <= height; level++) {
    const isWanted = heights?.has(level) ?? false;
    for (let index = 0; index < 2 ** (height - level); index++) {
      const from = NODE.length + 2 * HASH_BYTES * index;
      LEVEL.copyWithin(1, from, from + 2 * HASH_BYTES);
      const to = NODE.length + HASH_BYTES * index;
      sha256Into(LEVEL_NODE, LEVEL, to);
      if (isWanted) onNode?.(level, index, LEVEL.subarray(to, to + HASH_BYTES));
    }
  }
  return Buffer.from(LEVEL.subarray(NODE.length, NODE.length + HASH_BYTES));
}

/**
 * Whether two hashes are equal. They are not secret, so the time that this takes does not matter.
 */
export function equalHashes(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The hash in hexadecimal. */
export function hexOf(hash: Hash): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}

/**
 * The hash that a text is the hexadecimal form of. Undefined where it is not 32 bytes so written.
 */
export function hashOfHex(text: string): Hash | undefined {
  const hash = Buffer.from(text, "hex");
  return hash.length === HASH_BYTES && hexOf(hash) === text ? hash : undefined;
}
