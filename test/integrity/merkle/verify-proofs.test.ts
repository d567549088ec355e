import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { verifyConsistency, verifyInclusion } from "../../../src/integrity/merkle/verify-proofs.js";

/** Vectors of transparency-dev/merkle, which are not part of the project: beside its root, where they are at all. */
const VECTORS = new URL("../../../../shared/vectors/", import.meta.url);

interface Vector {
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
}

interface InclusionVector extends Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
}

interface ConsistencyVector extends Vector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
}

const vectorsIn = <T>(name: string): [string, T][] =>
  Object.entries(JSON.parse(readFileSync(new URL(name, VECTORS), "utf8")));
const bytes = (text: string): Buffer => Buffer.from(text, "base64");
const proofOf = ({ proof }: Vector): Buffer[] => (proof ?? []).map(bytes);

if (existsSync(VECTORS)) {
  describe("an inclusion vector is answered rightly", () => {
    const vectors = vectorsIn<InclusionVector>("rfc9162-inclusion.json");
    test("all 98", () => expect(vectors.length).toBe(98));
    test.each(vectors)("%s", (_, vector) => {
      const { leafIdx: index, treeSize: size } = vector;
      const hashes = {
        leafHash: bytes(vector.leafHash),
        root: bytes(vector.root),
        proof: proofOf(vector),
      };
      expect(verifyInclusion({ index, size, ...hashes })).toBe(!vector.wantErr);
    });
  });

  describe("a consistency vector is answered rightly", () => {
    const vectors = vectorsIn<ConsistencyVector>("rfc9162-consistency.json");
    test("all 98", () => expect(vectors.length).toBe(98));
    test.each(vectors)("%s", (_, vector) => {
      const { size1: first, size2: second } = vector;
      const roots = { firstRoot: bytes(vector.root1), secondRoot: bytes(vector.root2) };
      expect(verifyConsistency({ first, second, ...roots, proof: proofOf(vector) })).toBe(
        !vector.wantErr,
      );
    });
  });
} else {
  console.warn("!!! SKIPPED: proof vectors of transparency-dev/merkle: no ../shared/vectors");
  test.skip("proof vectors of transparency-dev/merkle", () => {});
}
