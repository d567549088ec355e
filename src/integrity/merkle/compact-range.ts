import { invalidEvidence } from "../../errors.js";
import {
  EMPTY_ROOT,
  HASH_BYTES,
  type Hash,
  MAX_RUN_HEIGHT,
  nodeHash,
  reduceNodes,
} from "./merkle-hash.js";

/**
 * Hears of each subtree that becomes complete, over the leaves
 * [index * 2^height, (index + 1) * 2^height).
 */
export type OnSubtree = (height: number, index: number, root: Hash) => void;

/** Who wants to hear of subtrees. */
export interface SubtreeListener {
  /** The heights that it wants to hear of. It may hear of others as well. */
  readonly heights: ReadonlySet<number>;
  readonly onSubtree: OnSubtree;
}

/** A complete subtree, linked to the larger ones on its left. */
interface Peak {
  readonly height: number;
  readonly root: Hash;
  readonly larger: Peak | undefined;
}

/**
 * The part of a Merkle tree that is needed to append to it: its size, and the roots of its complete
 * subtrees, one for each bit that is set in the size (RFC 9162 section 2.1.2 keeps the same on a
 * stack).
 *
 * A range never changes. To append makes a new one, which shares what stays the same. To undo, keep
 * the old one.
 */
export class CompactRange {
  /** The range over no leaves. */
  static readonly EMPTY: CompactRange = new CompactRange(0, undefined);

  /** How many leaves it covers. */
  readonly size: number;
  readonly #smallest: Peak | undefined;

  private constructor(size: number, smallest: Peak | undefined) {
    this.size = size;
    this.#smallest = smallest;
  }

  /**
   * Restores a range from its size and its {@link CompactRange.subtreeRoots}.
   *
   * @param subtreeRoots - Largest first.
   * @throws `AuditError` `invalid_evidence` unless there is one hash for each bit that is set in
   * the size.
   */
  static of(size: number, subtreeRoots: readonly Hash[]): CompactRange {
    if (!Number.isSafeInteger(size) || size < 0)
      throw invalidEvidence("expected a number of leaves", "size");
    let smallest: Peak | undefined;
    let left = 0;
    for (const height of bitsOf(size)) {
      const root = subtreeRoots[left++];
      if (root?.length !== HASH_BYTES)
        throw invalidEvidence("expected a hash", `subtreeRoots[${left - 1}]`);
      smallest = { height, root, larger: smallest };
    }
    if (left < subtreeRoots.length)
      throw invalidEvidence(`expected ${left} hashes`, "subtreeRoots");
    return new CompactRange(size, smallest);
  }

  /**
   * The range with one more leaf. Takes one hash, amortised.
   *
   * @param leaf - The leaf hash.
   * @param onSubtree - Hears of each subtree of height 1 or more that the leaf completes, lowest
   * first.
   */
  append(leaf: Hash, onSubtree?: OnSubtree): CompactRange {
    const added: Peak = { height: 0, root: leaf, larger: this.#smallest };
    const size = this.size + 1;
    return new CompactRange(size, joined(added, size, onSubtree));
  }

  /**
   * The range with a run of leaves more, in less than half the time that {@link append} takes for
   * them one by one (measured).
   *
   * @param leaves - Their hashes, one behind the other, some thousands at most.
   */
  appendRun(leaves: Uint8Array, listener?: SubtreeListener): CompactRange {
    if (leaves.length === 0) return this;
    const { size } = this;
    const height = heightOfNext(size, size + leaves.length / HASH_BYTES);
    const end = HASH_BYTES * 2 ** height;
    const root = reduceNodes(
      leaves.subarray(0, end),
      height,
      listener?.heights,
      (level, index, node) => listener?.onSubtree(level, size / 2 ** level + index, node),
    );
    const added: Peak = { height, root, larger: this.#smallest };
    const grown = size + 2 ** height;
    const range = new CompactRange(grown, joined(added, grown, listener?.onSubtree));
    return range.appendRun(leaves.subarray(end), listener);
  }

  /** The root of the tree over all leaves (RFC 9162 section 2.1.1). */
  root(): Hash {
    if (this.#smallest === undefined) return EMPTY_ROOT;
    let root = this.#smallest.root;
    for (let peak = this.#smallest.larger; peak !== undefined; peak = peak.larger)
      root = nodeHash(peak.root, root);
    return root;
  }

  /** The roots of the complete subtrees, largest first, which is from left to right. */
  get subtreeRoots(): readonly Hash[] {
    const roots: Hash[] = [];
    for (let peak = this.#smallest; peak !== undefined; peak = peak.larger) roots.push(peak.root);
    return roots.reverse();
  }
}

/** The smallest peak of a range of a size, from a subtree that was added to it as a peak. */
function joined(added: Peak, size: number, onSubtree?: OnSubtree): Peak {
  let peak = added;
  while (peak.larger !== undefined && peak.larger.height === peak.height) {
    const { larger } = peak;
    const height = peak.height + 1;
    peak = { height, root: nodeHash(larger.root, peak.root), larger: larger.larger };
    onSubtree?.(height, size / 2 ** height - 1, peak.root);
  }
  return peak;
}

/** The height of the largest complete subtree that begins at a size and ends at `end` at most. */
function heightOfNext(size: number, end: number): number {
  let height = 0;
  for (let width = 2; height < MAX_RUN_HEIGHT; width *= 2, height++)
    if (size % width !== 0 || size + width > end) break;
  return height;
}

/** The bits that are set in a size, highest first. Bit operators work on 32 bits only. */
function bitsOf(size: number): number[] {
  const bits: number[] = [];
  for (let bit = 0, rest = size; rest > 0; bit++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) bits.push(bit);
  return bits.reverse();
}
