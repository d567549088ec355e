import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafHash, leafHashOf } from "../../../src/entry/line.js";
import { EMPTY_ROOT, type Hash, nodeHash } from "../../../src/integrity/merkle/merkle-hash.js";
import { leaf } from "../../fixtures/naive-tree.js";

const hex = (hash: Hash): string => Buffer.from(hash).toString("hex");

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
