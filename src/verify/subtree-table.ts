import type { EvidenceSubtree } from "../integrity/evidence.js";
import type { OnSubtree } from "../integrity/merkle/compact-range.js";
import { hashOfHex, hexOf } from "../integrity/merkle/merkle-hash.js";
import { LeafTable } from "./leaf-table.js";
import type { Problem } from "./problems.js";

/** Higher subtrees cover more entries than there can be. */
const MAX_HEIGHT = 52;

/** What differs from the tree over the entries. */
export interface WrongSubtrees {
  readonly count: number;
  readonly problem: Problem;
}

/** The roots of complete subtrees that a source keeps. */
export class SubtreeTable {
  readonly #byHeight = new Map<number, LeafTable>();

  /** Whether the source keeps none. */
  get isEmpty(): boolean {
    return this.#byHeight.size === 0;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return [...this.#byHeight.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes a root. Returns false where it is not one. */
  add({ height, number, root }: EvidenceSubtree): boolean {
    const isPlace =
      Number.isInteger(height) &&
      height >= 1 &&
      height <= MAX_HEIGHT &&
      number >= 0 &&
      Number.isSafeInteger(number * 2 ** height);
    if (!isPlace || hashOfHex(root) === undefined) return false;
    let roots = this.#byHeight.get(height);
    if (roots === undefined) {
      roots = new LeafTable();
      this.#byHeight.set(height, roots);
    }
    roots.set(number, root);
    return true;
  }

  /** Compares the roots with those of the tree, which `onSubtree` hears of. */
  comparison(): { readonly onSubtree: OnSubtree; readonly wrong: () => WrongSubtrees | undefined } {
    let count = 0;
    let problem: Problem | undefined;
    const onSubtree: OnSubtree = (height, number, root) => {
      const roots = this.#byHeight.get(height);
      if (roots === undefined || !roots.has(number) || roots.holds(number, hexOf(root))) return;
      count++;
      const from = number * 2 ** height;
      const message =
        "the source keeps another root of the Merkle tree than these entries have; proofs that " +
        "it makes from that root fail";
      problem ??= { code: "source_problem", from, to: from + 2 ** height - 1, message };
    };
    return { onSubtree, wrong: () => problem && { count, problem } };
  }
}
