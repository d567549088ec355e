import { verifyInclusion } from "../integrity/merkle/verify-proofs.js";
import { isAnchor, type JudgedCheckpoint } from "./checkpoint-check.js";
import type { ProvedLine } from "./entry-check.js";
import type { Problems } from "./problems.js";

/**
 * Checks the inclusion proofs of lines against the checkpoints (RFC 9162 section 2.1.3.2).
 *
 * @returns How many entries a signed or trusted checkpoint proves.
 */
export function checkProofs(
  lines: readonly ProvedLine[],
  checkpoints: readonly JudgedCheckpoint[],
  problems: Problems,
): number {
  const proved = new Set<number>();
  const bySize = Map.groupBy(checkpoints, ({ size }) => size);
  for (const { sequence, line, hash, proof } of lines) {
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
      const message = `its inclusion proof does not lead to the root of size ${size}`;
      problems.add({ code: "proof_mismatch", sequence, line, message });
    }
  }
  return proved.size;
}
