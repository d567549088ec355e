import {
  checkSignatures,
  type SignatureVerdict,
  type TrustedKey,
} from "../integrity/check-signatures.js";
import { type Checkpoint, hasSignatures, parseCheckpoint } from "../integrity/checkpoint.js";
import { quoted } from "../text/safe-text.js";
import type { ResolvedVerifyOptions } from "./options.js";
import type { Problems } from "./problems.js";

/** A checkpoint of the log, and what was found out about it. */
export interface JudgedCheckpoint extends Checkpoint {
  /** In the order of the note. */
  readonly signatures: readonly SignatureVerdict[];
  /** Whether the log signed it: a valid signature of the log, and no invalid one. */
  readonly signed: boolean;
  /** Whether it is the checkpoint that the caller vouches for. */
  readonly trusted: boolean;
  /** Whether the entries hash to its root. Undefined where entries that it covers are not there. */
  readonly consistent: boolean | undefined;
}

/** Whether a verdict can rest on the checkpoint: a key signed it, or the caller trusts it. */
export function isAnchor({ signed, trusted }: JudgedCheckpoint): boolean {
  return signed || trusted;
}

/** Between which times something happened, in milliseconds since the epoch. Undefined is not known. */
export interface TimeSpan {
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
}

/** Reads the checkpoints of the evidence, and checks their signatures. */
export class CheckpointCheck {
  /** By note, so that each is checked once. */
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #options: ResolvedVerifyOptions;
  readonly #problems: Problems;
  #inEvidence = false;

  /** Starts with the trusted checkpoint, if there is one. */
  constructor(options: ResolvedVerifyOptions, problems: Problems) {
    this.#options = options;
    this.#problems = problems;
    const { trusted } = options;
    if (trusted !== undefined) this.#checkpoints.set(trusted.note, trusted);
  }

  /** The origin of the first checkpoint. */
  get firstOrigin(): string | undefined {
    for (const { origin } of this.#checkpoints.values()) return origin;
    return undefined;
  }

  /** Whether the evidence itself holds a checkpoint. */
  get inEvidence(): boolean {
    return this.#inEvidence;
  }

  /** Takes a note of the evidence. */
  add(note: string): void {
    try {
      if (!this.#checkpoints.has(note)) this.#checkpoints.set(note, parseCheckpoint(note));
      this.#inEvidence = true;
    } catch (error) {
      const message = `a checkpoint that begins ${quoted(note)} cannot be read: ${(error as Error).message}`;
      this.#problems.add({ code: "malformed_checkpoint", message });
    }
  }

  /**
   * Judges the checkpoints of one origin by their signatures.
   *
   * @param madeBetween - When a checkpoint of a size was made, according to the entries.
   * @returns By rising size.
   */
  check(origin: string | undefined, madeBetween: (size: number) => TimeSpan): JudgedCheckpoint[] {
    const judged: JudgedCheckpoint[] = [];
    for (const checkpoint of this.#checkpoints.values()) {
      if (checkpoint.origin === origin)
        judged.push(this.#judged(checkpoint, madeBetween(checkpoint.size)));
      else
        this.#problems.add({
          code: "other_origin",
          message: `a checkpoint of size ${checkpoint.size} is of the log ${quoted(checkpoint.origin)}`,
        });
    }
    return judged.sort((a, b) => a.size - b.size);
  }

  #judged(checkpoint: Checkpoint, made: TimeSpan): JudgedCheckpoint {
    const { keys, trusted } = this.#options;
    const signatures = hasSignatures(checkpoint) ? bestVerdicts(checkpoint.note, keys, made) : [];
    for (const { status, name, reason } of signatures) {
      if (status !== "invalid") continue;
      const message = `the signature of ${quoted(name)} on the checkpoint of size ${checkpoint.size} is not valid: ${reason}`;
      this.#problems.add({ code: "invalid_signature", message });
    }
    const hasValid = signatures.some(({ kind, status }) => kind === "log" && status === "valid");
    return {
      ...checkpoint,
      signatures,
      signed: hasValid && !signatures.some(({ status }) => status === "invalid"),
      trusted:
        trusted?.origin === checkpoint.origin &&
        trusted.size === checkpoint.size &&
        trusted.rootHash === checkpoint.rootHash,
      consistent: undefined,
    };
  }
}

/** The best verdict on each signature by any of the keys. */
function bestVerdicts(
  note: string,
  keys: readonly TrustedKey[],
  made: TimeSpan,
): SignatureVerdict[] {
  const best = checkSignatures(note, []);
  for (const key of keys) {
    const time = timeInPeriod(key, made);
    for (const [index, verdict] of checkSignatures(
      note,
      [key],
      time === undefined ? {} : { time },
    ).entries())
      if (verdict.kind !== "unknown" && best[index]?.status !== "valid") best[index] = verdict;
  }
  return best;
}

/**
 * The time at which the period of a key is checked: the one within the span that is nearest to the period. All that is
 * known is that a checkpoint was made within the span. A key that came into use within it may have made the checkpoint.
 */
function timeInPeriod({ notBefore }: TrustedKey, { earliest, latest }: TimeSpan): Date | undefined {
  if (earliest === undefined) return undefined;
  const start = Math.max(earliest, notBefore?.getTime() ?? earliest);
  return new Date(Math.min(start, Math.max(earliest, latest ?? start)));
}
