import { CompactRange } from "../integrity/compact-range.js";
import type { Hash } from "../integrity/merkle-hash.js";

/**
 * The roots at some sizes (RFC 9162 section 2.1.1), all in one pass over the leaves from sequence 0 on; it ends at the first
 * leaf that is not there, and larger sizes have no root.
 *
 * @param sizes - Rising.
 * @returns Roots by size, hexadecimal.
 */
export function rootsAt(
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
