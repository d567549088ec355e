import { hash } from "node:crypto";

/** A SHA-256 hash, 32 bytes. */
export type Hash = Uint8Array;

/** How many bytes a {@link Hash} has. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves, SHA-256 of nothing (RFC 9162 section 2.1.1). */
export const EMPTY_ROOT: Hash = sha256("");

/** The input of {@link nodeHash}; hashing is synchronous, so that one serves all calls. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/**
 * Hash of the node over two subtrees, SHA-256(0x01 || left || right) (RFC 9162 section 2.1.1).
 *
 * @param left - Root of the left subtree, 32 bytes, which whoever parses one has seen to.
 * @param right - Root of the right subtree, 32 bytes.
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

/** Whether two hashes are the same bytes; nothing here is secret, so the time that it takes does not matter. */
export function equalHashes(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** By way of a string, whose bytes go into Node's pool: a buffer of its own for each hash takes four times as long (measured). */
function sha256(input: string | Uint8Array): Hash {
  return Buffer.from(hash("sha256", input, "binary"), "binary");
}
