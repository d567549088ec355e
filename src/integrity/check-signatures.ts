import { verify } from "node:crypto";
import { type Checkpoint, parseCheckpointText } from "./checkpoint.js";
import { ALGORITHMS, isTimestamped, type KeyAlgorithm } from "./keys/signature-types.js";
import { publicKeyObject, type VerifierKey } from "./keys/verifier-key.js";
import { type NoteSignature, parseNote } from "./note/signed-note.js";
import { signedMessage, splitTimestamp } from "./signed-message.js";

/** A key that the verifier was given by a way that it trusts. */
export interface TrustedKey {
  readonly key: VerifierKey;
  /** When the key came into use; what it signed before is invalid. */
  readonly notBefore?: Date;
  /** When the key went out of use; what it signed after is invalid. */
  readonly notAfter?: Date;
}

/** What else a verifier may know of a note. */
export interface CheckSignaturesOptions {
  /**
   * When the note was made, by what the caller trusts in that. A key's period is held against it where the signature
   * itself says no time.
   */
  readonly time?: Date;
}

/** What came out of one signature line. */
export interface SignatureVerdict {
  /** The name of the key. */
  readonly name: string;
  /** The key's id, an unsigned number of 32 bits. */
  readonly keyId: number;
  /** Of the key, where it is known. */
  readonly algorithm?: KeyAlgorithm;
  /** `log` where a known key has the checkpoint's origin as its name, `cosignature` where it has another one. */
  readonly kind: "log" | "cosignature" | "unknown";
  /** `unchecked`: it could not be told; neither a proof nor a contradiction. */
  readonly status: "valid" | "invalid" | "unchecked";
  /** When it was signed, by the signature itself; absent where it says no time. */
  readonly timestamp?: Date;
  /** Why it is not valid. */
  readonly reason?: string;
}

/**
 * Checks each signature of a checkpoint by the keys that are trusted, in the order of the note.
 *
 * Unknown keys are passed over, as they must be (C2SP signed-note v1.0.0, Signatures): `kind` is `unknown`, `status`
 * `unchecked`. A checkpoint can be relied on when one verdict at least is `log` and `valid`, and none is `invalid`. Who
 * counts cosigners counts names and ids, not verdicts: a key may have signed twice.
 *
 * Types 0x04 and 0x06 sign a time, which the key's period is held against; so a key that leaked after its period can
 * still date back what it signs. Type 0x01 signs none: with a period and without `options.time`, a signature that is
 * right is `unchecked`. So is one of ML-DSA-44 on a Node without it, before 24.
 *
 * @param note - A checkpoint.
 * @throws `AuditError` `invalid_evidence` when the note is no checkpoint.
 *
 * @example Whether the log itself signed a checkpoint
 * ```ts
 * const verdicts = checkSignatures(note, [{ key: parseVerifierKey(vkey) }]);
 * const trusted =
 *   verdicts.some(({ kind, status }) => kind === "log" && status === "valid") &&
 *   verdicts.every(({ status }) => status !== "invalid");
 * ```
 */
export function checkSignatures(
  note: string,
  keys: readonly TrustedKey[],
  options: CheckSignaturesOptions = {},
): SignatureVerdict[] {
  const { text, signatures } = parseNote(note);
  const checkpoint = parseCheckpointText(text);
  return signatures.map((signature): SignatureVerdict => {
    const { name, id: keyId } = signature;
    const known = keys.filter(({ key }) => key.name === name && key.id === keyId);
    const verdicts = known.map(
      (trusted): SignatureVerdict => ({
        name,
        keyId,
        algorithm: trusted.key.algorithm,
        kind: name === checkpoint.origin ? "log" : "cosignature",
        ...check(signature, trusted, checkpoint, options.time),
      }),
    );
    // A key may be trusted for several periods.
    return (
      verdicts.find(({ status }) => status === "valid") ??
      verdicts[0] ?? { name, keyId, kind: "unknown", status: "unchecked", reason: "an unknown key" }
    );
  });
}

type Outcome = Pick<SignatureVerdict, "status" | "timestamp" | "reason">;

function check(
  line: NoteSignature,
  trusted: TrustedKey,
  checkpoint: Checkpoint,
  time?: Date,
): Outcome {
  const { key } = trusted;
  const { seconds, signature } = isTimestamped(key.type)
    ? splitTimestamp(line.signature)
    : { seconds: 0, signature: line.signature };
  if (Number.isNaN(seconds)) return { status: "invalid", reason: "its time is beyond all dates" };
  const message = signedMessage(key, checkpoint, seconds);
  const status = message === undefined ? "invalid" : verifySignature(key, message, signature);
  // A time of 0 says that none is meant (tlog-cosignature, ML-DSA-44 signed message).
  const timestamp = seconds === 0 ? {} : { timestamp: new Date(seconds * 1000) };
  if (status === "invalid")
    return { status, reason: "its key did not make it for this checkpoint" };
  if (status === "unchecked")
    return { status, ...timestamp, reason: `this Node has no ${key.algorithm}` };
  return { ...periodOutcome(trusted, timestamp.timestamp ?? time), ...timestamp };
}

function periodOutcome({ notBefore, notAfter }: TrustedKey, time: Date | undefined): Outcome {
  if (notBefore === undefined && notAfter === undefined) return { status: "valid" };
  if (time === undefined)
    return { status: "unchecked", reason: "it says no time, and its key is for a period only" };
  // Asked so that a date which is none fails.
  if (notBefore !== undefined && !(secondsOf(time) >= secondsOf(notBefore)))
    return { status: "invalid", reason: "it was made before the period of its key" };
  if (notAfter !== undefined && !(secondsOf(time) <= secondsOf(notAfter)))
    return { status: "invalid", reason: "it was made after the period of its key" };
  return { status: "valid" };
}

/** Signatures say whole seconds: what is made in the first second of a period is in it. */
function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** Whether the key made the signature over the message; `unchecked` where this Node has not the key's algorithm. */
export function verifySignature(
  key: VerifierKey,
  message: Uint8Array,
  signature: Uint8Array,
): SignatureVerdict["status"] {
  if (signature.length !== ALGORITHMS[key.algorithm].signatureBytes) return "invalid";
  const publicKey = publicKeyObject(key);
  if (publicKey === undefined) return "unchecked";
  return verify(null, message, publicKey, signature) ? "valid" : "invalid";
}
