import { invalidEvidence } from "../errors.js";
import { parseCheckpoint } from "./checkpoint.js";
import type { Hash } from "./merkle/merkle-hash.js";
import { MAX_INCLUSION_HASHES } from "./merkle/verify-proofs.js";
import { base64, bytesOfBase64, hashOfBase64, numberOfDecimal } from "./note/signed-note.js";

/** The proof that one entry is in the log. The keys of the log are enough to check it offline. */
export interface TlogProof {
  /** The index of the entry, which is its sequence. */
  readonly index: number;
  /** The inclusion proof in the tree of the checkpoint, the leaf's sibling first. */
  readonly proof: readonly Hash[];
  /** The checkpoint, a signed note. */
  readonly checkpoint: string;
  /**
   * The entry's canonical line: with it, nothing but the file is needed. Only the proof
   * authenticates it, so make the leaf hash from it.
   */
  readonly extra?: Uint8Array;
}

const HEADER = "c2sp.org/tlog-proof@v1";

/** The header, the entry's line and its index, and the hashes. */
const MAX_LINES = 3 + MAX_INCLUSION_HASHES;

/** Writes the text of a `.tlog-proof` file (C2SP tlog-proof v1, Format). */
export function formatTlogProof({ index, proof, checkpoint, extra }: TlogProof): string {
  const extraLine = extra === undefined ? [] : [`extra ${base64(extra)}`];
  return [HEADER, ...extraLine, `index ${index}`, ...proof.map(base64), "", checkpoint].join("\n");
}

/**
 * Reads the text of a `.tlog-proof` file (C2SP tlog-proof v1, Format). Does not verify it: check
 * the signatures of the checkpoint, make the leaf hash from the entry, and check proof and root
 * with `verifyInclusion`.
 *
 * @throws `AuditError` `invalid_evidence`.
 */
export function parseTlogProof(text: string): TlogProof {
  const end = text.indexOf("\n\n");
  if (end === -1) throw invalidEvidence("tlog-proof: expected an empty line and a checkpoint");
  const [header, ...lines] = text.slice(0, end).split("\n", MAX_LINES + 1);
  if (header !== HEADER)
    throw invalidEvidence(`tlog-proof: expected "${HEADER}" on its first line`);
  const encoded = lines[0]?.startsWith("extra ")
    ? lines.shift()?.slice("extra ".length)
    : undefined;
  const extra = encoded === undefined ? undefined : bytesOfBase64(encoded);
  if (encoded === "" || (encoded !== undefined && extra === undefined))
    throw invalidEvidence("tlog-proof: extra: expected base64");
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ")
    ? numberOfDecimal(indexLine.slice("index ".length))
    : undefined;
  if (index === undefined) throw invalidEvidence("tlog-proof: expected the index of the entry");
  if (lines.length > MAX_INCLUSION_HASHES)
    throw invalidEvidence(`tlog-proof: expected at most ${MAX_INCLUSION_HASHES} hashes`);
  const proof = lines.map((line, at) => {
    const hash = hashOfBase64(line);
    if (hash === undefined)
      throw invalidEvidence(`tlog-proof: proof[${at}]: expected a hash in base64`);
    return hash;
  });
  const { note } = parseCheckpoint(text.slice(end + 2));
  return { index, proof, checkpoint: note, ...(extra && { extra }) };
}
