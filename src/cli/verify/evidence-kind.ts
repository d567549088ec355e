import { AuditError } from "../../errors.js";

/** What a file of evidence is; `lines` is an export as NDJSON. */
export type EvidenceKind = "journal" | "lines" | "bundle" | "proof";

/** So much of its beginning tells. */
export const HEAD_BYTES = 1024;

const JOURNAL = /^SQLite format 3\0/;
const PROOF = /^c2sp\.org\/tlog-proof/;
/** An object that begins with a key of a bundle, which no canonical line has. */
const BUNDLE = /^\s*\{\s*"(?:format|version|origin|checkpoint|entries)"/;
/** An array of objects, or of nothing: a line of which one bit was turned begins with a bracket too, and is no export as JSON. */
const OTHER_EXPORT = /^\s*\[\s*[{\]]|^sequence,timestamp,operation,/;
const CHECKPOINT = /^[^\n]+\n\d+\n[\w+/]{43}=\n/;

/**
 * Tells what a file is by its first bytes. What is nothing of all is taken for lines, and the verifier says what is wrong
 * with them. Throws `invalid_evidence` for what of ours cannot be verified.
 */
export function kindOf(head: Uint8Array): EvidenceKind {
  const text = Buffer.from(head).toString("latin1");
  if (JOURNAL.test(text)) return "journal";
  if (PROOF.test(text)) return "proof";
  if (BUNDLE.test(text)) return "bundle";
  if (OTHER_EXPORT.test(text))
    throw new AuditError(
      "invalid_evidence",
      "an export as JSON or CSV does not hold the lines that were signed; verify the journal, or an export as ndjson",
    );
  if (CHECKPOINT.test(text))
    throw new AuditError(
      "invalid_evidence",
      "it is a checkpoint; verify the journal or export that it is of, and give it with --checkpoint or --trusted",
    );
  return "lines";
}
