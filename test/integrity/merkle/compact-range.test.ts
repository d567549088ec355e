import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CompactRange, type OnSubtree } from "../../../src/integrity/merkle/compact-range.js";
import { type Hash, nodeHash } from "../../../src/integrity/merkle/merkle-hash.js";
import { rootOf } from "../../../src/integrity/merkle/merkle-proofs.js";
import { leaf, leavesOf, readerOf, treeHash } from "../../fixtures/naive-tree.js";
import { refused } from "../../fixtures/signed-notes.js";

const hex = (hash: Hash): string => Buffer.from(hash).toString("hex");

const rangeOf = (size: number): CompactRange =>
  leavesOf(size).reduce((range, hash) => range.append(hash), CompactRange.EMPTY);

describe("a compact range", () => {
  test("has the root of all leaves at each size", () => {
    const leaves = leavesOf(70);
    let range = CompactRange.EMPTY;
    for (let size = 0; size <= leaves.length; size++) {
      expect(range.size).toBe(size);
      expect(hex(range.root())).toBe(hex(treeHash(leaves.slice(0, size))));
      expect(hex(rootOf(size, readerOf(leaves)))).toBe(hex(range.root()));
      if (size < leaves.length) range = range.append(leaves[size] as Hash);
    }
  });

  test("reports each complete subtree once, when it closes", () => {
    const leaves = leavesOf(64);
    const seen: string[] = [];
    leaves.reduce(
      (range, hash) =>
        range.append(hash, (height, index, root) => {
          expect((index + 1) * 2 ** height).toBe(range.size + 1);
          expect(hex(root)).toBe(hex(readerOf(leaves)(index * 2 ** height, height)));
          seen.push(`${height} ${index}`);
        }),
      CompactRange.EMPTY,
    );
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(63);
  });

  test("never changes: one that was appended to can be appended to again", () => {
    const seven = rangeOf(7);
    const before = hex(seven.root());
    const dropped = seven.append(leaf(99));
    expect(hex(seven.root())).toBe(before);
    expect(hex(seven.append(leaf(7)).root())).toBe(hex(treeHash(leavesOf(8))));
    expect(hex(dropped.root())).not.toBe(hex(treeHash(leavesOf(8))));
  });

  test("goes on where it was stored, also beyond 32 bits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), (size) => {
        const range = rangeOf(size);
        const again = CompactRange.of(size, range.subtreeRoots);
        expect(hex(again.append(leaf(size)).root())).toBe(hex(treeHash(leavesOf(size + 1))));
      }),
    );
    const size = 2 ** 40 + 3;
    const far = CompactRange.of(size, [leaf(1), leaf(2), leaf(3)]);
    const closed: number[][] = [];
    const next = far.append(leaf(4), (height, index) => closed.push([height, index]));
    expect(closed).toEqual([
      [1, 2 ** 39 + 1],
      [2, 2 ** 38],
    ]);
    expect(next.subtreeRoots.map(hex)).toEqual([
      hex(leaf(1)),
      hex(nodeHash(leaf(2), nodeHash(leaf(3), leaf(4)))),
    ]);
  });

  test("takes a run of leaves as it takes them one by one, and says the same of subtrees", () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.array(fc.nat(1500), { maxLength: 3 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 12 })),
        (start, lengths, wanted) => {
          const heights = new Set(wanted);
          const [one, runs]: [string[], string[]] = [[], []];
          const hearing =
            (heard: string[]): OnSubtree =>
            (height, index, root) => {
              if (heights.has(height)) heard.push(`${height} ${index} ${hex(root)}`);
            };
          const listener = { heights, onSubtree: hearing(runs) };
          let range = rangeOf(start);
          let again = range;
          for (const length of lengths) {
            const leaves = leavesOf(length);
            for (const each of leaves) range = range.append(each, hearing(one));
            again = again.appendRun(Buffer.concat(leaves), listener);
          }
          expect(again.size).toBe(range.size);
          expect(hex(again.root())).toBe(hex(range.root()));
          expect(runs.sort()).toEqual(one.sort());
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    ["a size that is none", -1, []],
    ["a size beyond 2^53", 2 ** 53, [leaf(0)]],
    ["too few roots", 3, [leaf(0)]],
    ["too many roots", 2, [leaf(0), leaf(1)]],
    ["a root that is no hash", 1, [Buffer.alloc(31)]],
  ])("is not made of %s", (_, size, roots) => {
    expect(refused(() => CompactRange.of(size, roots))).toMatchObject({ code: "invalid_evidence" });
  });
});
