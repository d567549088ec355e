import { type Checkpoint, parseCheckpointText } from "./checkpoint.js";
import { isTimestamped, type KeyAlgorithm, type VerifierKey } from "./keys/verifier-key.js";
import { verifySignature } from "./keys/verify-signature.js";
import { type NoteSignature, parseNote } from "./note/signed-note.js";
import { signedMessage, splitTimestamp } from "./signed-message.js";

/** A key that the caller vouches for. */
export interface TrustedKey {
  readonly key: VerifierKey;
  /** When the key came into use. What it signed before is invalid. So is all, until then. */
  readonly notBefore?: Date;
  /** When the key went out of use. What it signed after is invalid. */
  readonly notAfter?: Date;
  /**
   * Whether it is a key of a witness, which never speaks for a log. Keys of type 0x04 are.
   *
   * @defaultValue false
   */
  readonly witness?: boolean;
}

/** What else the caller knows about a note. */
export interface CheckSignaturesOptions {
  /**
   * When the note was made, from a source that the caller trusts. A key's period is compared with
   * it, also if the signature has a time: no signature is older than its note.
   */
  readonly time?: Date;
}

/** What one signature line came to. */
export interface SignatureVerdict {
  /** The name of the key. */
  readonly name: string;
  /** The key's id, an unsigned number of 32 bits. */
  readonly keyId: number;
  /** The algorithm of the key, if the key is known. */
  readonly algorithm?: KeyAlgorithm;
  /**
   * `log` if a known key has the checkpoint's origin as its name and is not a witness's;
   * `cosignature` for another known key; `unknown` if no such key is known.
   */
  readonly kind: "log" | "cosignature" | "unknown";
  /** `unchecked`: the check was not possible. This proves nothing and contradicts nothing. */
  readonly status: "valid" | "invalid" | "unchecked";
  /** When it was signed, according to the signature. Absent if it has no time. */
  readonly timestamp?: Date;
  /** Why it is not valid. */
  readonly reason?: string;
}

/**
 * Checks each signature of a checkpoint by the trusted keys, in the order of the note.
 *
 * Signatures of unknown keys are ignored, as they must be (C2SP signed-note v1.0.0, Signatures):
 * their `kind` is `unknown`, their `status` `unchecked`. You can rely on a checkpoint if at least
 * one verdict is `log` and `valid`, and none is `invalid`. To count cosigners, count names and ids
 * and not verdicts: a key may have signed twice.
 *
 * Types 0x04 and 0x06 sign a time, which is compared with the key's period. If a key leaks after
 * its period, it can still sign with an earlier time; `options.time` shows that. Type 0x01 signs no
 * time: if the key has a period and there is no `options.time`, a correct signature is `unchecked`.
 * A signature of ML-DSA-44 is `unchecked` too if this version of Node does not support it, which is
 * before 24.
 *
 * @param note - A checkpoint.
 * @throws `AuditError` `invalid_evidence` if the note is not a checkpoint.
 *
 * @example Whether the log itself signed a checkpoint
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { checkSignatures, parseVerifierKey } from "quorumlog/verify";
 *
 * const note = readFileSync("checkpoint.txt", "utf8");
 * const vkey = readFileSync("governance.vkey", "utf8").trim();
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
        kind: maySpeakFor(checkpoint.origin, trusted) ? "log" : "cosignature",
        ...check(signature, trusted, checkpoint, options.time),
      }),
    );
    // A key may be trusted for several periods.
    return (
      verdicts.find(({ status }) => status === "valid") ??
      verdicts[0] ?? {
        name,
        keyId,
        kind: "unknown",
        status: "unchecked",
        reason: "its key is not known",
      }
    );
  });
}

/** Whether the key is one of the log with this id. A log may be named as a witness. */
function maySpeakFor(origin: string, trusted: TrustedKey): boolean {
  return trusted.key.name === origin && !isWitness(trusted);
}

/**
 * Whether the key only cosigns. Type 0x04 is for cosigners (C2SP signed-note v1.0.0, Signature
 * types). Of type 0x06, only the caller knows it.
 */
export function isWitness({ key, witness }: TrustedKey): boolean {
  return key.type === 0x04 || witness === true;
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
  if (Number.isNaN(seconds)) return { status: "invalid", reason: "its time is out of range" };
  const message = signedMessage(key, checkpoint, seconds);
  const status = message === undefined ? "invalid" : verifySignature(key, message, signature);
  // A time of 0 means that there is none (tlog-cosignature, ML-DSA-44 signed message).
  const timestamp = seconds === 0 ? {} : { timestamp: new Date(seconds * 1000) };
  if (status === "invalid") return { status, reason: "its key did not sign this checkpoint" };
  if (status === "unchecked")
    return {
      status,
      ...timestamp,
      reason: `this version of Node does not support ${key.algorithm}`,
    };
  // Nobody knows when a note of type 0x01 was made, and a time that is signed can be any.
  if (trusted.notBefore !== undefined && trusted.notBefore.getTime() > Date.now())
    return { status: "invalid", reason: "its key has not come into use yet", ...timestamp };
  if (timestamp.timestamp === undefined) return periodOutcome(trusted, time);
  const outcome = periodOutcome(trusted, timestamp.timestamp);
  const { notAfter } = trusted;
  const isTooOld = notAfter !== undefined && time !== undefined && isAfter(time, notAfter);
  if (outcome.status !== "valid" || !isTooOld) return { ...outcome, ...timestamp };
  const reason = "its key went out of use before the note was made, so its time is untrue";
  return { status: "invalid", reason, ...timestamp };
}

function periodOutcome({ notBefore, notAfter }: TrustedKey, time: Date | undefined): Outcome {
  if (notBefore === undefined && notAfter === undefined) return { status: "valid" };
  if (time === undefined)
    return { status: "unchecked", reason: "it has no time, and its key has a period" };
  // An invalid date fails every comparison.
  if (notBefore !== undefined && !(secondsOf(time) >= secondsOf(notBefore)))
    return { status: "invalid", reason: "it was made before its key came into use" };
  if (notAfter !== undefined && isAfter(time, notAfter))
    return { status: "invalid", reason: "it was made after its key went out of use" };
  return { status: "valid" };
}

/** An invalid date is after any. */
function isAfter(time: Date, notAfter: Date): boolean {
  return !(secondsOf(time) <= secondsOf(notAfter));
}

/** Signatures have whole seconds: one that is made in the first second of a period is within it. */
function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
