import type { Hash } from "../integrity/merkle/merkle-hash.js";
import type { InclusionProof } from "../integrity/merkle/merkle-proofs.js";
import { verifyInclusion } from "../integrity/merkle/verify-proofs.js";
import { isAnchor, type JudgedCheckpoint } from "./checkpoint-check.js";
import type { Problems } from "./problems.js";

/** A line of a partial source. */
interface ProvedLine {
  readonly sequence: number;
  readonly line: number;
  readonly hash: Hash;
  readonly proof: InclusionProof | undefined;
}

/** Holds the lines of a partial source against checkpoints, each by its inclusion proof (RFC 9162 section 2.1.3.2). */
export class ProofCheck {
  readonly #lines: ProvedLine[] = [];

  /** Takes a line; partial sources are small, all of them is kept. */
  add(line: ProvedLine): void {
    this.#lines.push(line);
  }

  /**
   * Checks all proofs.
   *
   * @returns How many entries are proved by a checkpoint that is signed or trusted.
   */
  check(checkpoints: readonly JudgedCheckpoint[], problems: Problems): number {
    const proved = new Set<number>();
    const bySize = Map.groupBy(checkpoints, ({ size }) => size);
    for (const { sequence, line, hash, proof } of this.#lines) {
      if (proof === undefined) continue;
      const { index, size, hashes } = proof;
      const ofSize = bySize.get(size) ?? [];
      const proving = ofSize.filter(
        ({ rootHash }) =>
          index === sequence &&
          verifyInclusion({
            index,
            size,
            leafHash: hash,
            proof: hashes,
            root: Buffer.from(rootHash, "hex"),
          }),
      );
      if (proving.some(isAnchor)) proved.add(sequence);
      if (ofSize.length > 0 && proving.length === 0) {
        const message = `its inclusion proof does not lead to the root of the checkpoint of size ${size}`;
        problems.add({ code: "proof_mismatch", sequence, line, message });
      }
    }
    return proved.size;
  }
}
