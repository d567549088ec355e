import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Hash, nodeHash } from "../../../src/integrity/merkle/merkle-hash.js";
import {
  consistencyProof,
  inclusionProof,
  proofsFromShared,
  rootOf,
  sharedFromProofs,
  sharedProofRanges,
} from "../../../src/integrity/merkle/merkle-proofs.js";
import { verifyConsistency, verifyInclusion } from "../../../src/integrity/merkle/verify-proofs.js";
import {
  leaf,
  leavesOf,
  path,
  proofBetween,
  readerOf,
  treeHash,
} from "../../fixtures/naive-tree.js";
import { refused } from "../../fixtures/signed-notes.js";

const hex = (hashes: readonly Uint8Array[]): string[] =>
  hashes.map((hash) => Buffer.from(hash).toString("hex"));

const LEAVES = leavesOf(130);
const first = (size: number) => LEAVES.slice(0, size);

/** A size, and a smaller number. */
const sizeAndBelow = fc
  .integer({ min: 1, max: LEAVES.length })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));

/** One wrong thing in a proof. */
type Fault = (proof: Hash[], at: number) => Hash[];
const FAULTS: Readonly<Record<string, Fault>> = {
  "a hash changed": (proof, at) =>
    proof.map((hash, index) => (index === at % proof.length ? leaf(1000) : hash)),
  "a hash left out": (proof, at) => proof.filter((_, index) => index !== at % proof.length),
  "a hash more": (proof, at) => proof.toSpliced(at % (proof.length + 1), 0, leaf(1000)),
  "a hash cut": (proof, at) =>
    proof.map((hash, index) => (index === at % proof.length ? hash.subarray(1) : hash)),
  "two hashes exchanged": (proof) =>
    proof.length < 2 ? [] : [proof[1] as Hash, proof[0] as Hash, ...proof.slice(2)],
};
const fault = fc.constantFrom(...Object.keys(FAULTS));
const faulty = (name: string, proof: Hash[], at: number): Hash[] =>
  (FAULTS[name] as Fault)(proof, at);

describe("an inclusion proof", () => {
  test("is the path of RFC 9162, and verifies", () => {
    fc.assert(
      fc.property(sizeAndBelow, ([size, index]) => {
        const proof = inclusionProof(index, size, readerOf(first(size)));
        expect(hex(proof)).toEqual(hex(path(index, first(size))));
        const root = treeHash(first(size));
        expect(verifyInclusion({ index, size, leafHash: LEAVES[index] as Hash, proof, root })).toBe(
          true,
        );
      }),
    );
  });

  test("does not verify for another leaf, index, size or root, or with one fault in it", () => {
    fc.assert(
      fc.property(
        sizeAndBelow,
        fault,
        fc.nat(),
        fc.integer({ min: 1, max: 200 }),
        (pair, name, at, shift) => {
          const [size, index] = pair;
          const proof = inclusionProof(index, size, readerOf(first(size)));
          const right = {
            index,
            size,
            leafHash: LEAVES[index] as Hash,
            proof,
            root: treeHash(first(size)),
          };
          expect(verifyInclusion({ ...right, leafHash: leaf(1000) })).toBe(false);
          expect(verifyInclusion({ ...right, root: leaf(1000) })).toBe(false);
          expect(verifyInclusion({ ...right, index: index + shift })).toBe(false);
          expect(verifyInclusion({ ...right, index: index - shift })).toBe(false);
          expect(verifyInclusion({ ...right, size: index })).toBe(false);
          const wrong = faulty(name, proof, at);
          if (size > 1 || wrong.length > 0)
            expect(verifyInclusion({ ...right, proof: wrong })).toBe(false);
        },
      ),
    );
  });

  test.each([
    ["not an integer", 0.5, 2],
    ["beyond 2^53", 0, 2 ** 53],
    ["none", Number.NaN, 2],
    ["not one of the tree", 2, 2],
  ])("is refused for numbers that are %s, when verified and when built", (_, index, size) => {
    const check = {
      index,
      size,
      leafHash: leaf(0),
      proof: [leaf(1)],
      root: nodeHash(leaf(0), leaf(1)),
    };
    expect(verifyInclusion({ ...check, index: 0, size: 2 })).toBe(true);
    expect(verifyInclusion(check)).toBe(false);
    const build = () => inclusionProof(index, size, readerOf(LEAVES));
    expect(refused(build)).toMatchObject({ code: "invalid_options" });
  });

  test("does not verify with hashes of other lengths that are the same bytes in all", () => {
    const root = nodeHash(leaf(0), leaf(1));
    const bytes = Buffer.concat([leaf(0), leaf(1)]);
    const cut = { leafHash: bytes.subarray(0, 31), proof: [bytes.subarray(31)] };
    expect(verifyInclusion({ index: 0, size: 2, root, ...cut })).toBe(false);
  });
});

/** Hashes of other lengths than 32 bytes that begin, or end, as the hash does. */
const resized = (hash: Hash): Buffer[] => [
  Buffer.from(hash.subarray(0, 31)),
  Buffer.from(hash.subarray(1)),
  Buffer.concat([hash, Buffer.alloc(1)]),
  Buffer.concat([Buffer.alloc(1), hash]),
  Buffer.alloc(0),
];

test("a proof of another length is refused without a look at its hashes", () => {
  const unread = (length: number): Hash[] =>
    new Proxy(Array<Hash>(length), {
      get: (hashes, key) => {
        if (key === "length") return length;
        throw new Error(`read ${String(key)} of ${hashes.length}`);
      },
    });
  const size = 100;
  const root = treeHash(first(size));
  for (const length of [0, 4, 12, 1_000_000]) {
    const proof = unread(length);
    const leafHash = LEAVES[3] as Hash;
    expect(verifyInclusion({ index: 3, size, leafHash, proof, root })).toBe(false);
    const roots = { firstRoot: treeHash(first(64)), secondRoot: root };
    expect(verifyConsistency({ first: 64, second: size, ...roots, proof })).toBe(false);
    expect(verifyConsistency({ first: 63, second: size, ...roots, proof })).toBe(false);
  }
});

test("a hash of another length is refused, also right after the whole one was taken", () => {
  const reader = readerOf(first(7));
  const root = treeHash(first(7));
  const included = inclusionProof(4, 7, reader);
  const right = { index: 4, size: 7, leafHash: LEAVES[4] as Hash, proof: included, root };
  const roots = { firstRoot: treeHash(first(3)), secondRoot: root };
  const consistent = { first: 3, second: 7, ...roots, proof: consistencyProof(3, 7, reader) };
  for (const [at, whole] of included.entries())
    for (const hash of resized(whole)) {
      expect(verifyInclusion(right)).toBe(true);
      expect(verifyInclusion({ ...right, proof: included.with(at, hash) })).toBe(false);
    }
  for (const hash of resized(right.leafHash)) {
    expect(verifyInclusion(right)).toBe(true);
    expect(verifyInclusion({ ...right, leafHash: hash })).toBe(false);
  }
  for (const [at, whole] of consistent.proof.entries())
    for (const hash of resized(whole)) {
      expect(verifyConsistency(consistent)).toBe(true);
      expect(verifyConsistency({ ...consistent, proof: consistent.proof.with(at, hash) })).toBe(
        false,
      );
    }
  for (const hash of resized(roots.firstRoot))
    expect(verifyConsistency({ ...consistent, firstRoot: hash })).toBe(false);
});

describe("a consistency proof", () => {
  test("is the proof of RFC 9162, and verifies", () => {
    fc.assert(
      fc.property(sizeAndBelow, ([second, below]) => {
        const size = below + 1;
        const proof = consistencyProof(size, second, readerOf(first(second)));
        expect(hex(proof)).toEqual(hex(proofBetween(size, first(second))));
        const roots = { firstRoot: treeHash(first(size)), secondRoot: treeHash(first(second)) };
        expect(verifyConsistency({ first: size, second, ...roots, proof })).toBe(true);
      }),
    );
  });

  test("does not verify for other sizes and roots, or with one fault in it", () => {
    fc.assert(
      fc.property(sizeAndBelow, fault, fc.nat(), ([second, below], name, at) => {
        const size = below + 1;
        const proof = consistencyProof(size, second, readerOf(first(second)));
        const roots = { firstRoot: treeHash(first(size)), secondRoot: treeHash(first(second)) };
        const right = { first: size, second, ...roots, proof };
        expect(verifyConsistency({ ...right, firstRoot: leaf(1000) })).toBe(false);
        expect(verifyConsistency({ ...right, secondRoot: leaf(1000) })).toBe(false);
        expect(verifyConsistency({ ...right, first: second + 1 })).toBe(false);
        if (size < second) expect(verifyConsistency({ ...right, second: size })).toBe(false);
        const wrong = faulty(name, proof, at);
        if (wrong.length > 0 || proof.length > 0)
          expect(verifyConsistency({ ...right, proof: wrong })).toBe(false);
      }),
    );
  });

  test("of two empty trees is empty, and of an empty tree and a larger one is none", () => {
    const empty = treeHash([]);
    const check = { first: 0, second: 0, firstRoot: empty, secondRoot: empty, proof: [] };
    expect(verifyConsistency(check)).toBe(true);
    expect(verifyConsistency({ ...check, firstRoot: leaf(0), secondRoot: leaf(0) })).toBe(false);
    expect(verifyConsistency({ ...check, second: 1, secondRoot: leaf(0) })).toBe(false);
    expect(refused(() => consistencyProof(0, 1, readerOf(LEAVES)))).toMatchObject({
      field: "first",
    });
    expect(refused(() => consistencyProof(3, 2, readerOf(LEAVES)))).toMatchObject({
      field: "first",
    });
  });
});

/** A tree of any size whose leaves are all the same, so that each height has one root. */
const SAME = [leaf(0)];
for (let height = 1; height < 53; height++)
  SAME.push(nodeHash(SAME[height - 1] as Buffer, SAME[height - 1] as Buffer) as Buffer);

const hugeSize = fc.oneof(
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc
    .tuple(fc.integer({ min: 30, max: 52 }), fc.integer({ min: -3, max: 3 }))
    .map(([bit, more]) => 2 ** bit + more),
  fc.constant(Number.MAX_SAFE_INTEGER),
);

describe("proofs of trees of any size up to 2^53 - 1", () => {
  let reads = 0;
  const same = (start: number, height: number): Hash => {
    reads++;
    expect(start % 2 ** height).toBe(0);
    return SAME[height] as Hash;
  };
  const bits = (size: number): number => size.toString(2).length;

  test("of inclusion verify; their length and what is read for them is logarithmic", () => {
    fc.assert(
      fc.property(hugeSize, fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
        const index = Math.min(size - 1, Math.floor(size * part));
        const root = rootOf(size, same);
        reads = 0;
        const proof = inclusionProof(index, size, same);
        expect(reads).toBeLessThanOrEqual(2 * bits(size));
        expect(proof.length).toBeLessThanOrEqual(bits(size - 1));
        expect(verifyInclusion({ index, size, leafHash: leaf(0), proof, root })).toBe(true);
        expect(verifyInclusion({ index, size, leafHash: leaf(1), proof, root })).toBe(false);
      }),
    );
  });

  test("of consistency verify; their length and what is read for them is logarithmic", () => {
    fc.assert(
      fc.property(hugeSize, fc.double({ min: 0, max: 1, noNaN: true }), (second, part) => {
        const size = Math.max(1, Math.min(second, Math.floor(second * part)));
        const roots = { firstRoot: rootOf(size, same), secondRoot: rootOf(second, same) };
        reads = 0;
        const proof = consistencyProof(size, second, same);
        expect(reads).toBeLessThanOrEqual(2 * bits(second));
        expect(proof.length).toBeLessThanOrEqual(bits(second - 1) + 1);
        expect(verifyConsistency({ first: size, second, ...roots, proof })).toBe(true);
      }),
    );
  });

  test("let nothing through that a size of 32 bits would be the same as", () => {
    const size = 2 ** 32 + 1;
    const root = rootOf(size, same);
    const proof = inclusionProof(0, size, same);
    expect(verifyInclusion({ index: 0, size, leafHash: leaf(0), proof, root })).toBe(true);
    expect(verifyInclusion({ index: 0, size: 1, leafHash: leaf(0), proof, root })).toBe(false);
  });
});

describe("a proof that several leaves share", () => {
  const chosen = fc
    .integer({ min: 1, max: LEAVES.length })
    .chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: size }),
      ),
    )
    .map(([size, indexes]) => [size, indexes.toSorted((a, b) => a - b)] as const);

  test("gives each leaf the inclusion proof that RFC 9162 defines", () => {
    fc.assert(
      fc.property(chosen, ([size, indexes]) => {
        const shared = sharedProofRanges(indexes, size).map((range) =>
          treeHash(LEAVES.slice(range.first, range.end)),
        );
        const leaves = indexes.map((index) => LEAVES[index] as Hash);
        const proofs = proofsFromShared(indexes, leaves, size, shared);
        expect(proofs.map(hex)).toEqual(indexes.map((index) => hex(path(index, first(size)))));
        if (indexes.length > 0)
          expect(hex(sharedFromProofs(indexes, proofs, size))).toEqual(hex(shared));
      }),
    );
  });

  test("is empty for all leaves, and the root for none", () => {
    const all = Array.from({ length: 11 }, (_, index) => index);
    expect(sharedProofRanges(all, 11)).toEqual([]);
    expect(sharedProofRanges([], 11)).toEqual([{ first: 0, end: 11 }]);
  });
});
