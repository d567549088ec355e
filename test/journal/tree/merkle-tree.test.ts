import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { CompactRange } from "../../../src/integrity/merkle/compact-range.js";
import { consistencyProof, inclusionProof } from "../../../src/integrity/merkle/merkle-proofs.js";
import { verifyConsistency, verifyInclusion } from "../../../src/integrity/merkle/verify-proofs.js";
import type { JournalRow } from "../../../src/journal/index.js";
import { MerkleTree } from "../../../src/journal/tree/merkle-tree.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  rowOf,
  thrownBy,
} from "../../fixtures/journal.js";
import { inLongRuns } from "../../fixtures/long-runs.js";

/** Subtrees of three stored heights are there, and in a long run of four. */
const [WIDTH = 0] = [...inLongRuns(2 ** 16), 2 ** 12];
const ENTRIES = WIDTH + 464;
const leafOf = (row: JournalRow) => Buffer.from(row.entry.leafHash, "hex");

/** The tree of a journal as another connection finds it. */
function treeOf(path: string): MerkleTree {
  return new MerkleTree(new DatabaseSync(path, { readOnly: true }));
}

describe("the tree of a journal", () => {
  test("has the roots of the naive tree, and proofs that verify, over stored levels", () => {
    const path = newPath();
    const journal = openJournal(path);
    const rows = Array.from({ length: ENTRIES }, (_, sequence) => rowOf(sequence));
    journal.append(...rows.slice(0, 1));
    for (let first = 1; first < ENTRIES; first += 1501)
      journal.append(...rows.slice(first, first + 1501));
    const tree = treeOf(path);
    const sizes = [1, 2, 255, 256, 257, 511, WIDTH - 1, WIDTH, WIDTH + 1, WIDTH + 256, ENTRIES];
    const roots = new Map<number, Uint8Array>();
    let range = CompactRange.EMPTY;
    for (const row of rows) {
      range = range.append(leafOf(row));
      if (sizes.includes(range.size)) roots.set(range.size, range.root());
    }
    for (const size of sizes) {
      const root = roots.get(size) as Uint8Array;
      expect(Buffer.from(tree.rootAt(size)).equals(root)).toBe(true);
      for (const index of new Set([0, size >>> 1, size - 1])) {
        const proof = inclusionProof(index, size, tree.subtree);
        const leafHash = leafOf(rows[index] as JournalRow);
        expect(verifyInclusion({ index, size, leafHash, proof, root })).toBe(true);
      }
      for (const first of sizes.filter((other) => other <= size)) {
        const proof = consistencyProof(first, size, tree.subtree);
        const firstRoot = roots.get(first) as Uint8Array;
        expect(verifyConsistency({ first, second: size, firstRoot, secondRoot: root, proof })).toBe(
          true,
        );
      }
    }
  });

  test("goes on after a restart at any size", () => {
    const path = newPath();
    const rows = Array.from({ length: 520 }, (_, sequence) => rowOf(sequence));
    let range = CompactRange.EMPTY;
    for (let first = 0; first < rows.length; first += 52) {
      const journal = openJournal(path);
      journal.append(...rows.slice(first, first + 52));
      journal.close();
      for (const row of rows.slice(first, first + 52)) range = range.append(leafOf(row));
      expect(Buffer.from(treeOf(path).rootAt(first + 52)).equals(range.root())).toBe(true);
    }
  });

  test("is not changed by an append that fails", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 255);
    const last = rowOf(255);
    const poison = { ...last, line: undefined as never };
    expect(thrownBy(() => journal.append(poison)).code).toBe("journal_failed");
    journal.append(last);
    const leaves = Array.from(journal.lines(), (line) => line);
    expect(leaves).toHaveLength(256);
    const rows = new DatabaseSync(path, { readOnly: true })
      .prepare("SELECT height, number FROM subtree")
      .all();
    expect(rows).toHaveLength(17);
    expect(Buffer.from(treeOf(path).rootAt(256)).equals(treeOf(path).subtree(0, 8))).toBe(true);
  });

  test("is there over pruned entries too", () => {
    const path = newPath();
    const journal = prunable(path);
    append(journal, 300);
    const before = treeOf(path).rootAt(300);
    pruneUnsealed(journal, { olderThan: new Date(rowOf(280).timestampMillis) });
    expect(treeOf(path).rootAt(300)).toEqual(before);
    expect(treeOf(path).rootAt(3)).toHaveLength(32);
  });
});
