import { invalidEvidence, invalidOption } from "../errors.js";
import { HASH_BYTES, type Hash, hexOf } from "./merkle/merkle-hash.js";
import { base64, hashOfBase64, numberOfDecimal, parseNote } from "./note/signed-note.js";

/** What stands between the text of a checkpoint, which has no empty line, and its signatures. */
const BEFORE_SIGNATURES = "\n\n";

/** The signed state of a log: how many entries it has, and one root hash over all of them. */
export interface Checkpoint {
  /** The log's id. */
  readonly origin: string;
  /** How many entries it covers. */
  readonly size: number;
  /** The root hash of the Merkle tree over their lines, hexadecimal. */
  readonly rootHash: string;
  /** The signed note that says so. While nobody has signed it, the text of the note alone. */
  readonly note: string;
}

/**
 * Writes the text of a checkpoint (C2SP tlog-checkpoint v1.0.0, Note text), without extension
 * lines.
 *
 * @param origin - The log's id: one line that is not empty.
 * @param size - How many entries it covers.
 * @param root - The root hash over them, 32 bytes.
 * @throws `AuditError` `invalid_options` if these cannot be in a checkpoint.
 */
export function checkpointText(origin: string, size: number, root: Hash): string {
  if (origin === "" || !origin.isWellFormed() || /\p{Cc}/u.test(origin))
    throw invalidOption("origin", "expected a text of one line that is not empty");
  if (!Number.isSafeInteger(size) || size < 0)
    throw invalidOption("size", "expected a number of entries");
  if (root.length !== HASH_BYTES) throw invalidOption("root", `expected ${HASH_BYTES} bytes`);
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/**
 * Reads the text of a checkpoint that has no signatures (C2SP tlog-checkpoint v1.0.0, Note text).
 * Extension lines are ignored: an ML-DSA-44 signature does not cover them, and nobody can audit
 * what they say.
 *
 * @throws `AuditError` `invalid_evidence`.
 */
export function parseCheckpointText(text: string): Checkpoint {
  const lines = text.split("\n");
  const [origin = "", decimal = "", encoded = ""] = lines;
  if (lines.indexOf("") !== lines.length - 1)
    throw invalidEvidence("checkpoint: expected lines that are not empty");
  const size = numberOfDecimal(decimal);
  if (size === undefined)
    throw invalidEvidence("checkpoint: expected the tree size on its second line");
  const root = hashOfBase64(encoded);
  if (root === undefined)
    throw invalidEvidence("checkpoint: expected the root hash on its third line");
  return { origin, size, rootHash: hexOf(root), note: text };
}

/**
 * Reads a checkpoint (C2SP tlog-checkpoint v1.0.0). Does not verify its signatures: use
 * `checkSignatures`.
 *
 * @param note - The whole signed note.
 * @throws `AuditError` `invalid_evidence` if it is not a checkpoint.
 */
export function parseCheckpoint(note: string): Checkpoint {
  return { ...parseCheckpointText(parseNote(note).text), note };
}

/** Whether the note of a checkpoint carries signatures; if not, it is a text alone. */
export function hasSignatures({ note }: Checkpoint): boolean {
  return note.includes(BEFORE_SIGNATURES);
}

/** The text of a checkpoint's note, with its last line end: the part that keys sign. */
export function signedText(checkpoint: Checkpoint): string {
  const { note } = checkpoint;
  return hasSignatures(checkpoint) ? note.slice(0, note.lastIndexOf(BEFORE_SIGNATURES) + 1) : note;
}
