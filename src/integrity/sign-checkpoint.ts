import { AuditError, invalidOption } from "../errors.js";
import { type Checkpoint, checkpointText, parseCheckpointText } from "./checkpoint.js";
import type { SigningKey } from "./keys/signing-key.js";
import { isTimestamped } from "./keys/verifier-key.js";
import { verifySignature } from "./keys/verify-signature.js";
import type { Hash } from "./merkle/merkle-hash.js";
import { formatNote, type NoteSignature } from "./note/signed-note.js";
import { signedMessage, timestampedSignature } from "./signed-message.js";

/** What a checkpoint says, and who signs it. */
export interface SignCheckpointOptions {
  /** The log's id. */
  readonly origin: string;
  /** How many entries the log has. */
  readonly size: number;
  /** The root hash over them. */
  readonly root: Hash;
  /** The keys that sign, each once. At least one has the origin as its name. */
  readonly keys: readonly SigningKey[];
  /**
   * The time of signing, in milliseconds since 1970. Signatures that have a time have it in
   * seconds.
   */
  readonly timeMillis: number;
}

/** The last second that a `Date` can hold. */
const MAX_SECONDS = 8_640_000_000_000;

/**
 * Signs a checkpoint with all keys at the same time, and verifies each signature before it uses it
 * (C2SP tlog-checkpoint v1.0.0, Signatures). The caller makes sure that the checkpoint continues
 * all that the log signed before.
 *
 * @throws `AuditError` `invalid_options` if there can be no such checkpoint, or no key is the
 * log's; `verification_failed` if a key made a signature that its verifier key does not verify. An
 * error that a key's `sign` throws goes to the caller.
 */
export async function signCheckpoint(options: SignCheckpointOptions): Promise<Checkpoint> {
  const { origin, size, root, keys, timeMillis } = options;
  const checkpoint = parseCheckpointText(checkpointText(origin, size, root));
  const seconds = Math.floor(timeMillis / 1000);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS))
    throw invalidOption("timeMillis", "expected milliseconds since 1970");
  const ids = new Set(keys.map(({ verifierKey: { name, id } }) => `${name} ${id}`));
  if (ids.size < keys.length) throw invalidOption("keys", "expected each key once");
  if (!keys.some(({ verifierKey }) => verifierKey.name === origin))
    throw invalidOption("keys", `expected a key with the name of the log, "${origin}"`);
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
    throw invalidOption("keys", "ML-DSA-44 signs names and origins of at most 255 bytes");
  const signature = await key.sign(message);
  // The sign function of a remote key may return anything.
  const isBytes = signature instanceof Uint8Array;
  if (!isBytes || verifySignature(verifierKey, message, signature) === "invalid")
    throw new AuditError(
      "verification_failed",
      `the key ${verifierKey.name} made a signature that its verifier key does not verify; ` +
        "does its sign function use another key?",
    );
  return {
    name: verifierKey.name,
    id: verifierKey.id,
    signature: isTimestamped(verifierKey.type)
      ? timestampedSignature(seconds, signature)
      : signature,
  };
}
