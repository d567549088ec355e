import { expect, test, vi } from "vitest";
import { CompactRange } from "../../../src/integrity/merkle/compact-range.js";
import * as merkleHash from "../../../src/integrity/merkle/merkle-hash.js";
import { verifyInclusion } from "../../../src/integrity/merkle/verify-proofs.js";
import { inLongRuns } from "../../fixtures/long-runs.js";
import { leaf } from "../../fixtures/naive-tree.js";

vi.mock("../../../src/integrity/merkle/merkle-hash.js", async (original) => {
  const actual = await original<typeof merkleHash>();
  return { ...actual, nodeHash: vi.fn(actual.nodeHash) };
});

const nodeHash = vi.mocked(merkleHash.nodeHash);

test.each([1_000, 10_000, ...inLongRuns(100_000)])(
  "appending %i leaves hashes less than one node a leaf",
  (size) => {
    nodeHash.mockClear();
    let range = CompactRange.EMPTY;
    for (let index = 0; index < size; index++) range = range.append(leaf(0));
    expect(nodeHash.mock.calls.length).toBeLessThan(size);
    expect(nodeHash.mock.calls.length).toBeGreaterThan(size - 20);
    nodeHash.mockClear();
    range.root();
    expect(nodeHash.mock.calls.length).toBeLessThanOrEqual(Math.log2(size));
  },
);

test("a proof of a million hashes is left after 53", () => {
  nodeHash.mockClear();
  const proof = new Array<Buffer>(1_000_000).fill(leaf(0));
  const size = Number.MAX_SAFE_INTEGER;
  expect(verifyInclusion({ index: 1, size, leafHash: leaf(0), proof, root: leaf(0) })).toBe(false);
  expect(nodeHash.mock.calls.length).toBeLessThanOrEqual(53);
});
