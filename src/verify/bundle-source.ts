import { invalidEvidence } from "../errors.js";
import { parseCheckpoint } from "../integrity/checkpoint.js";
import {
  BlockSource,
  type EvidenceItem,
  type EvidenceLine,
  type EvidenceSource,
} from "../integrity/evidence.js";
import {
  type BundleEntry,
  type EvidenceBundle,
  parseBundle,
} from "../integrity/evidence-bundle.js";
import { parseTlogProof } from "../integrity/tlog-proof.js";

/**
 * An evidence bundle as evidence: chosen entries, each with its inclusion proof; or a whole log.
 *
 * @param json - The whole text.
 * @throws `AuditError` `invalid_evidence`, with the path of the field.
 */
export function bundleSource(json: string): EvidenceSource {
  return sourceOfBundle(parseBundle(json));
}

/** What is known of an entry of a bundle from elsewhere, such as from the page that shows it. */
export type KnownElsewhere = Pick<EvidenceLine, "leafHash" | "problem">;

/**
 * A bundle that was read, as evidence.
 *
 * @param knownOf - What is known of each entry from elsewhere.
 */
export function sourceOfBundle(
  { checkpoint, entries, isWhole }: EvidenceBundle,
  knownOf: (entry: BundleEntry) => KnownElsewhere = () => ({}),
): EvidenceSource {
  const { size } = parseCheckpoint(checkpoint);
  return sourceOf(!isWhole, [
    { kind: "checkpoint", note: checkpoint },
    ...entries.map((entry): EvidenceItem => {
      const { sequence: index, line, proof: hashes } = entry;
      const known = { kind: "line", line, ...knownOf(entry) } as const;
      return isWhole ? known : { ...known, inclusion: { index, size, hashes } };
    }),
  ]);
}

/**
 * A `.tlog-proof` file (C2SP tlog-proof v1, Format) as evidence: one entry with its inclusion
 * proof.
 *
 * @param text - The whole text.
 * @param line - The canonical line of the entry. By default the one in the file, its `extra`.
 * @throws `AuditError` `invalid_evidence`, also if there is no line.
 */
export function tlogProofSource(text: string, line?: string | Uint8Array): EvidenceSource {
  const { checkpoint, index, proof, extra } = parseTlogProof(text);
  const proved = line ?? extra;
  if (proved === undefined)
    throw invalidEvidence("tlog-proof: it holds no line; give the line of the entry");
  const { size } = parseCheckpoint(checkpoint);
  return sourceOf(true, [
    { kind: "checkpoint", note: checkpoint },
    { kind: "line", line: proved, inclusion: { index, size, hashes: proof } },
  ]);
}

function sourceOf(partial: boolean, items: readonly EvidenceItem[]): EvidenceSource {
  return new BlockSource(
    async function* () {
      yield items;
    },
    { partial },
  );
}
