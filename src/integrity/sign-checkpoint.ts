import { AuditError, invalidOption } from "../errors.js";
import { verifySignature } from "./check-signatures.js";
import { type Checkpoint, checkpointText, parseCheckpointText } from "./checkpoint.js";
import { isTimestamped } from "./keys/signature-types.js";
import type { SigningKey } from "./keys/signing-key.js";
import type { Hash } from "./merkle/merkle-hash.js";
import { formatNote, type NoteSignature } from "./note/signed-note.js";
import { signedMessage, timestampedSignature } from "./signed-message.js";

/** What a checkpoint is to say, and who signs it. */
export interface SignCheckpointOptions {
  /** The log's id. */
  readonly origin: string;
  /** How many entries the log has. */
  readonly size: number;
  /** The root hash over them. */
  readonly root: Hash;
  /** The keys that sign, each once; one at least has the origin as its name. */
  readonly keys: readonly SigningKey[];
  /** When, in milliseconds since the epoch; signatures that carry a time carry it in seconds. */
  readonly timeMillis: number;
}

/** The last second that a `Date` can hold. */
const MAX_SECONDS = 8_640_000_000_000;

/**
 * Signs a checkpoint with all keys at once, and verifies each signature before it is in (C2SP tlog-checkpoint v1.0.0,
 * Signatures). That it is consistent with all that the log signed before is for the caller to know.
 *
 * @throws `AuditError` `invalid_options` when there is no such checkpoint, or no key for it; `verification_failed`
 * when a key made a signature that its verifier key does not verify. What a key's `sign` throws goes through.
 */
export async function signCheckpoint(options: SignCheckpointOptions): Promise<Checkpoint> {
  const { origin, size, root, keys, timeMillis } = options;
  const checkpoint = parseCheckpointText(checkpointText(origin, size, root));
  const seconds = Math.floor(timeMillis / 1000);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS))
    throw invalidOption("timeMillis", "expected milliseconds since the epoch");
  const ids = new Set(keys.map(({ verifierKey: { name, id } }) => `${name} ${id}`));
  if (ids.size < keys.length) throw invalidOption("keys", "expected each key once");
  if (!keys.some(({ verifierKey }) => verifierKey.name === origin))
    throw invalidOption("keys", `expected a key of the name "${origin}", as the log`);
  const signatures = await Promise.all(keys.map((key) => signatureLine(key, checkpoint, seconds)));
  return { ...checkpoint, note: formatNote(checkpoint.note, signatures) };
}

async function signatureLine(
  key: SigningKey,
  checkpoint: Checkpoint,
  seconds: number,
): Promise<NoteSignature> {
  const { verifierKey } = key;
  const message = signedMessage(verifierKey, checkpoint, seconds);
  if (message === undefined)
    throw invalidOption("keys", "ML-DSA-44 signs names and origins of 255 bytes at most");
  const signature = await key.sign(message);
  const isBytes = signature instanceof Uint8Array; // a remote key may be wired up wrongly
  if (!isBytes || verifySignature(verifierKey, message, signature) === "invalid")
    throw new AuditError(
      "verification_failed",
      `the key ${verifierKey.name} made a signature that its verifier key does not verify; does it sign with another?`,
    );
  return {
    name: verifierKey.name,
    id: verifierKey.id,
    signature: isTimestamped(verifierKey.type)
      ? timestampedSignature(seconds, signature)
      : signature,
  };
}
