import { types } from "node:util";
import { checkNames, invalidOption } from "../errors.js";
import type { TrustedKey } from "../integrity/check-signatures.js";
import { type Checkpoint, parseCheckpoint, parseCheckpointText } from "../integrity/checkpoint.js";
import { parseVerifierKey } from "../integrity/verifier-key.js";

/** A verifier key with the period in which it was in use. */
export interface PeriodKey {
  /** The verifier key, `<name>+<id in hex>+<base64 of type and public key>` (C2SP signed-note v1.0.0, Verifier keys). */
  readonly vkey: string;
  /** When the key came into use. */
  readonly notBefore?: Date | undefined;
  /** When the key went out of use. */
  readonly notAfter?: Date | undefined;
}

/** What an auditor brings along, by a way that he trusts. */
export interface VerifyOptions {
  /**
   * The keys of the log, and of witnesses if there are any; a key of the log has the log's id as its name. A key that went
   * out of use is given with its period: what it signed in the period still counts.
   *
   * Signatures that say no time (type 0x01) are held against a period by what the entries say: a checkpoint was made after
   * its last entry was recorded, and before the next one was. A key that leaked after its period can be used to date
   * back, whatever the type; against that helps a checkpoint that was kept, or a witness.
   *
   * @defaultValue none: no signature is checked
   */
  readonly keys?: readonly (string | PeriodKey)[] | undefined;
  /**
   * A checkpoint that the auditor kept: a signed note, or its text alone (C2SP tlog-checkpoint v1.0.0). It is trusted by the
   * auditor's own hand; where there are keys, it is checked by them too.
   */
  readonly trustedCheckpoint?: string | undefined;
  /**
   * The log's id that is expected.
   *
   * @defaultValue that of the trusted checkpoint, else the one that most lines name, else that of the first checkpoint
   */
  readonly origin?: string | undefined;
}

/** Options that were checked. */
export interface ResolvedVerifyOptions {
  readonly keys: readonly TrustedKey[];
  readonly trusted: Checkpoint | undefined;
  readonly origin: string | undefined;
}

/**
 * Checks and reads the options.
 *
 * @throws `AuditError` `invalid_options`; `invalid_evidence` for a key or a checkpoint that cannot be read.
 */
export function resolveVerifyOptions(options: VerifyOptions): ResolvedVerifyOptions {
  checkNames(options, ["keys", "trustedCheckpoint", "origin"]);
  const { keys = [], trustedCheckpoint, origin } = options;
  if (!Array.isArray(keys)) throw invalidOption("keys", "expected an array");
  if (trustedCheckpoint !== undefined && typeof trustedCheckpoint !== "string")
    throw invalidOption("trustedCheckpoint", "expected a string");
  if (origin !== undefined && typeof origin !== "string")
    throw invalidOption("origin", "expected a string");
  return {
    keys: keys.map((key: unknown, index) => trustedKeyOf(key, `keys[${index}]`)),
    trusted: trustedCheckpoint === undefined ? undefined : checkpointOf(trustedCheckpoint),
    origin,
  };
}

function trustedKeyOf(value: unknown, field: string): TrustedKey {
  if (typeof value === "string") return { key: parseVerifierKey(value) };
  if (typeof value !== "object" || value === null)
    throw invalidOption(field, "expected a verifier key, or an object with one as `vkey`");
  checkNames(value, ["vkey", "notBefore", "notAfter"]);
  const { vkey, notBefore, notAfter } = value as Partial<PeriodKey>;
  if (typeof vkey !== "string") throw invalidOption(`${field}.vkey`, "expected a verifier key");
  return {
    key: parseVerifierKey(vkey),
    ...(notBefore !== undefined && { notBefore: dateOf(notBefore, `${field}.notBefore`) }),
    ...(notAfter !== undefined && { notAfter: dateOf(notAfter, `${field}.notAfter`) }),
  };
}

function dateOf(value: unknown, field: string): Date {
  if (!types.isDate(value) || Number.isNaN(value.getTime()))
    throw invalidOption(field, "expected a Date");
  return new Date(value);
}

function checkpointOf(noteOrText: string): Checkpoint {
  const text = noteOrText.trimEnd();
  return text.includes("\n\n") ? parseCheckpoint(noteOrText) : parseCheckpointText(`${text}\n`);
}
