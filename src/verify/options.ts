import { invalidOption } from "../errors.js";
import { isWitness, type TrustedKey } from "../integrity/check-signatures.js";
import { type Checkpoint, parseCheckpoint, parseCheckpointText } from "../integrity/checkpoint.js";
import { parseVerifierKey } from "../integrity/keys/verifier-key.js";
import { mendedNotes } from "../integrity/note/signed-note.js";
import {
  arrayOf,
  boolean,
  naturalNumber,
  optional,
  type Readers,
  readOptions,
  string,
  withDefault,
} from "../options.js";

/** A verifier key with the period in which it was in use. */
export interface PeriodKey {
  /**
   * The verifier key, `<name>+<id in hex>+<base64 of type and public key>` (C2SP signed-note
   * v1.0.0, Verifier keys).
   */
  readonly vkey: string;
  /** When the key came into use. */
  readonly notBefore?: Date | undefined;
  /** When the key went out of use. */
  readonly notAfter?: Date | undefined;
  /**
   * Whether it is a key of a witness, which never speaks for a log, not even for one that is named
   * as the witness. Keys of type 0x04 always are.
   *
   * @defaultValue false
   */
  readonly witness?: boolean | undefined;
}

/** What the caller knows from a source that can be trusted, and not from the evidence. */
export interface VerifyOptions {
  /**
   * The keys of the log, and of witnesses if there are any. A key of the log has the log's id as
   * its name. Give a key that went out of use with its period: what it signed in the period still
   * counts.
   *
   * Signatures of type 0x01 have no time. The entries tell when such a checkpoint was made: after
   * its last entry was recorded, and before the next one was. The time of any signature is held
   * against the entries: none is older than what it covers. If a key leaks after its period, it can
   * still sign made-up entries of its period. A trusted checkpoint or a witness protects against
   * that.
   *
   * @defaultValue none: no signature is checked
   */
  readonly keys?: readonly (string | PeriodKey)[] | undefined;
  /**
   * A checkpoint that the caller kept and vouches for, or several: each a signed note, or its text
   * alone (C2SP tlog-checkpoint v1.0.0). If there are keys, they check each of them too.
   *
   * @defaultValue none
   */
  readonly trustedCheckpoint?: string | readonly string[] | undefined;
  /**
   * The expected id of the log.
   *
   * @defaultValue the one of the (first) trusted checkpoint, else the name of the keys, else the
   * one that most lines name, else the one of the first checkpoint. The evidence chooses if no key
   * is given, or if keys with several names are given that are not witnesses.
   */
  readonly origin?: string | undefined;
  /**
   * Whether it is enough that the entries up to the newest checkpoint are complete. In a log that
   * is being written, no checkpoint covers the last entries yet.
   *
   * @defaultValue false: completeness is unknown while there are entries that nothing covers
   */
  readonly coveredOnly?: boolean | undefined;
  /**
   * How many entries, from sequence 0 on, may have been pruned: those that retention was meant to
   * remove. Whoever writes the journal can present any entries as pruned.
   *
   * @defaultValue 0: completeness is unknown if an entry was pruned
   */
  readonly acceptPruned?: number | undefined;
  /**
   * How many bytes may be kept of the evidence, about: 48 for each entry, up to 72 where sequences
   * are scattered, and the checkpoints and proofs. If it needs more, nothing is judged
   * (`invalid_evidence`), unless something is wrong in what was read.
   *
   * @defaultValue 2147483648 (2 GiB): 44 million entries
   */
  readonly maxBytes?: number | undefined;
}

/** Options that were checked. */
export interface ResolvedVerifyOptions {
  readonly keys: readonly TrustedKey[];
  readonly trusted: readonly Checkpoint[];
  readonly origin: string | undefined;
  readonly coveredOnly: boolean;
  readonly acceptPruned: number;
  readonly maxBytes: number;
}

/** How many bytes are kept of the evidence, where the caller does not say it. */
export const DEFAULT_MAX_BYTES: number = 2 ** 31;

/** The options by their given names, parsed. */
interface ReadVerifyOptions extends Omit<ResolvedVerifyOptions, "trusted"> {
  readonly trustedCheckpoint: readonly Checkpoint[];
}

const READERS: Readers<ReadVerifyOptions> = {
  keys: withDefault<readonly TrustedKey[]>([], arrayOf(trustedKey)),
  trustedCheckpoint: withDefault<readonly Checkpoint[]>([], trustedCheckpoints),
  origin: optional(string),
  coveredOnly: withDefault(false, boolean),
  acceptPruned: withDefault(0, naturalNumber),
  maxBytes: withDefault(DEFAULT_MAX_BYTES, naturalNumber),
};

const PERIOD_KEY: Readers<Omit<TrustedKey, "key"> & { readonly vkey: string }> = {
  vkey: string,
  notBefore: optional(date),
  notAfter: optional(date),
  witness: optional(boolean),
};

/**
 * Checks and reads the options.
 *
 * @throws `AuditError` `invalid_options`; `invalid_evidence` for a key or a checkpoint that cannot
 * be read.
 */
export function resolveVerifyOptions(options: VerifyOptions): ResolvedVerifyOptions {
  const { trustedCheckpoint: trusted, ...read } = readOptions(options, READERS);
  return { ...read, trusted };
}

/**
 * The log ids that the caller names: the expected id, else the one of the first trusted checkpoint,
 * else the names of the keys that are not witnesses.
 */
export function logNamesOf({ origin, trusted, keys }: ResolvedVerifyOptions): readonly string[] {
  const named = origin ?? trusted[0]?.origin;
  if (named !== undefined) return [named];
  return [...new Set(keys.filter((key) => !isWitness(key)).map(({ key }) => key.name))];
}

function trustedKey(value: unknown, field: string): TrustedKey {
  if (typeof value === "string") return { key: parseVerifierKey(value) };
  if (typeof value !== "object" || value === null)
    throw invalidOption(field, "expected a verifier key, or an object with one as `vkey`");
  const { vkey, ...period } = readOptions(value, PERIOD_KEY, field);
  return { key: parseVerifierKey(vkey), ...period };
}

function date(value: unknown, field: string): Date {
  try {
    const millis = Date.prototype.getTime.call(value);
    if (!Number.isNaN(millis)) return new Date(millis);
  } catch {
    // It is not a Date.
  }
  throw invalidOption(field, "expected a Date");
}

function trustedCheckpoints(value: unknown, field: string): readonly Checkpoint[] {
  const read = (one: unknown, path: string) => parseTrustedCheckpoint(string(one, path));
  return Array.isArray(value) ? arrayOf(read)(value, field) : [read(value, field)];
}

/**
 * Reads a checkpoint that an auditor kept: a signed note, or its text alone. Throws
 * `invalid_evidence`.
 */
export function parseTrustedCheckpoint(noteOrText: string): Checkpoint {
  const text = `${mendedNotes(noteOrText).replace(/^\n+/, "").trimEnd()}\n`;
  return text.includes("\n\n") ? parseCheckpoint(text) : parseCheckpointText(text);
}
