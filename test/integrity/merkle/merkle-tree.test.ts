import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafHash, leafHashOf } from "../../../src/entry/line.js";
import { CompactRange } from "../../../src/integrity/merkle/compact-range.js";
import { EMPTY_ROOT, type Hash, nodeHash } from "../../../src/integrity/merkle/merkle-hash.js";
import { rootOf } from "../../../src/integrity/merkle/merkle-proofs.js";
import { leaf, leavesOf, readerOf, treeHash } from "../../fixtures/naive-tree.js";
import { refused } from "../../fixtures/signed-notes.js";

const hex = (hash: Hash): string => Buffer.from(hash).toString("hex");

const rangeOf = (size: number): CompactRange =>
  leavesOf(size).reduce((range, hash) => range.append(hash), CompactRange.EMPTY);

describe("hashes of the tree", () => {
  test("are those of RFC 9162", () => {
    expect(hex(EMPTY_ROOT)).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    const [left, right] = [leaf(1), leaf(2)];
    const node = createHash("sha256").update(Buffer.concat([Uint8Array.of(1), left, right]));
    expect(hex(nodeHash(left, right))).toBe(node.digest("hex"));
    expect(hex(leafHashOf("leaf 7"))).toBe(hex(leaf(7)));
  });

  test("of a line are the same for its text, its bytes and what the entry says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => {
        expect(hex(leafHashOf(line))).toBe(leafHash(line));
        expect(hex(leafHashOf(Buffer.from(line)))).toBe(leafHash(line));
      }),
    );
  });

  test("of bytes that are no UTF-8 are of these bytes", () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0xc0);
    const expected = createHash("sha256").update(Buffer.concat([Uint8Array.of(0), bytes]));
    expect(hex(leafHashOf(bytes))).toBe(expected.digest("hex"));
  });

  test("stay as they are when others are made", () => {
    const first = nodeHash(leaf(1), leaf(2));
    const before = hex(first);
    nodeHash(leaf(3), leaf(4));
    expect(hex(first)).toBe(before);
  });
});

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
