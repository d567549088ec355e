import {
  checkSignatures,
  type SignatureVerdict,
  type TrustedKey,
} from "../integrity/check-signatures.js";
import { type Checkpoint, hasSignatures, parseCheckpoint } from "../integrity/checkpoint.js";
import type { EvidenceCheckpoint } from "../integrity/evidence.js";
import { quoted } from "../text/safe-text.js";
import type { ResolvedVerifyOptions } from "./options.js";
import type { Problems } from "./problems.js";

/** How many kept checkpoints that cannot be read are shown. */
const LISTED_UNREADABLE = 10;

/** About what a checkpoint takes beside its note, with the verdicts on its signatures. */
const CHECKPOINT_BYTES = 1500;

/** So much later than the next entry a checkpoint can be signed: keys may be remote. */
const CLOCK_SLACK_MILLIS = 3_600_000;

/** Checkpoints that cannot be read, in a text that people keep. */
export interface UnreadableCheckpoints {
  readonly count: number;
  /** Why the first ones cannot be read, each with what it begins with. */
  readonly first: readonly string[];
}

/** When the entries of a log were recorded, in milliseconds since 1970. Undefined is not known. */
interface EntryTimes {
  timeMillis(sequence: number): number | undefined;
  /** Before when a pruned entry was recorded, as the source says. */
  prunedMillis(sequence: number): number | undefined;
}

/** Between which times a checkpoint was made, in milliseconds since 1970. */
interface TimeSpan {
  /** When its last entry was recorded. */
  readonly earliest: number | undefined;
  /** When the next entry was recorded. */
  readonly latest: number | undefined;
}

/** A checkpoint of the log, and what was found out about it. */
export interface JudgedCheckpoint extends Checkpoint {
  /** In the order of the note. */
  readonly signatures: readonly SignatureVerdict[];
  /** Whether the log signed it: it has a valid signature of the log, and no invalid one. */
  readonly signed: boolean;
  /** Whether it is a checkpoint that the caller vouches for. */
  readonly trusted: boolean;
  /** Whether the entries hash to its root. Undefined where entries that it covers are missing. */
  readonly consistent: boolean | undefined;
}

/** Whether a verdict can rest on the checkpoint: the log signed it, or the caller trusts it. */
export function isAnchor({ signed, trusted }: JudgedCheckpoint): boolean {
  return signed || trusted;
}

/** Reads the checkpoints of the evidence, and checks their signatures. */
export class CheckpointCheck {
  /** By note, so that each is checked once. */
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #options: ResolvedVerifyOptions;
  readonly #problems: Problems;
  readonly #unreadable: string[] = [];
  #unreadableCount = 0;
  #bytes = 0;
  #inEvidence = false;

  /** Starts with the trusted checkpoints. */
  constructor(options: ResolvedVerifyOptions, problems: Problems) {
    this.#options = options;
    this.#problems = problems;
    for (const trusted of options.trusted) this.#checkpoints.set(trusted.note, trusted);
  }

  /** The origin of the first checkpoint. */
  get firstOrigin(): string | undefined {
    for (const { origin } of this.#checkpoints.values()) return origin;
    return undefined;
  }

  /** Whether the evidence itself has a checkpoint. */
  get inEvidence(): boolean {
    return this.#inEvidence;
  }

  /** Kept checkpoints that cannot be read. */
  get unreadable(): UnreadableCheckpoints {
    return { count: this.#unreadableCount, first: this.#unreadable };
  }

  /** About how many bytes it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a checkpoint of the evidence. */
  add({ note, kept = false }: EvidenceCheckpoint): void {
    try {
      if (!this.#checkpoints.has(note)) {
        this.#checkpoints.set(note, parseCheckpoint(note));
        this.#bytes += CHECKPOINT_BYTES + 2 * note.length;
      }
      this.#inEvidence = true;
    } catch (error) {
      const { message: reason } = error as Error;
      const message = `a checkpoint that begins ${quoted(note)} cannot be read: ${reason}`;
      if (kept) this.#addUnreadable(message);
      else this.#problems.add({ code: "malformed_checkpoint", message });
    }
  }

  #addUnreadable(message: string): void {
    this.#unreadableCount++;
    if (this.#unreadable.length < LISTED_UNREADABLE) this.#unreadable.push(message);
  }

  /**
   * Judges the checkpoints of one log by their signatures.
   *
   * @returns By rising size.
   */
  checkSignatures(origin: string | undefined, entries: EntryTimes): readonly JudgedCheckpoint[] {
    const judged: JudgedCheckpoint[] = [];
    for (const checkpoint of this.#checkpoints.values()) {
      const { origin: log, size } = checkpoint;
      const message = `a checkpoint of size ${size} is of the log ${quoted(log)}`;
      if (log !== origin) this.#problems.add({ code: "other_origin", message });
      else {
        const made = { earliest: entries.timeMillis(size - 1), latest: entries.timeMillis(size) };
        const one = this.#judged(checkpoint, made);
        this.#comparePruned(one, entries.prunedMillis(size));
        judged.push(one);
      }
    }
    return judged.sort((a, b) => a.size - b.size);
  }

  /**
   * Holds the first entry after a checkpoint, which was pruned, against the time of the checkpoint:
   * it was recorded later.
   *
   * @param before - When it was recorded at the latest, as the source says.
   */
  #comparePruned({ signatures, size }: JudgedCheckpoint, before: number | undefined): void {
    if (before === undefined) return;
    for (const { kind, status, timestamp } of signatures) {
      const time = timestamp?.getTime() ?? Number.NaN;
      const isLater = time > before + CLOCK_SLACK_MILLIS && time <= Date.now();
      if (kind !== "log" || status !== "valid" || !isLater) continue;
      const message =
        `the source says that it was pruned because it was recorded before ` +
        `${new Date(before).toISOString()}, but the log signed a checkpoint without it later, at ` +
        new Date(time).toISOString();
      this.#problems.add({ code: "source_problem", sequence: size, message });
    }
  }

  #judged(checkpoint: Checkpoint, made: TimeSpan): JudgedCheckpoint {
    const { keys, trusted } = this.#options;
    const { note, size } = checkpoint;
    const signatures = hasSignatures(checkpoint) ? bestVerdicts(note, keys, made) : [];
    const invalid = signatures.filter(({ status }) => status === "invalid");
    for (const { name, reason } of invalid) {
      const message =
        `the signature of ${quoted(name)} on the checkpoint of size ${size} ` +
        `is not valid: ${reason}`;
      this.#problems.add({ code: "invalid_signature", message });
    }
    const hasValid = signatures.some(({ kind, status }) => kind === "log" && status === "valid");
    return {
      ...checkpoint,
      signatures,
      signed: hasValid && invalid.length === 0,
      trusted: trusted.some((one) => isSame(one, checkpoint)),
      consistent: undefined,
    };
  }
}

/** Whether two notes are of the same checkpoint, whoever signed them. */
export function isSame(a: Checkpoint, b: Checkpoint): boolean {
  return a.origin === b.origin && a.size === b.size && a.rootHash === b.rootHash;
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
    const verdicts = checkSignatures(note, [key], time === undefined ? {} : { time });
    for (const [index, verdict] of verdicts.entries())
      if (verdict.kind !== "unknown" && best[index]?.status !== "valid") best[index] = verdict;
  }
  return best;
}

/**
 * The time at which the period of a key is checked: the one within the span that is nearest to the
 * period. All that is known is that a checkpoint was made within the span. A key that came into use
 * within it may have made the checkpoint.
 */
function timeInPeriod({ notBefore }: TrustedKey, { earliest, latest }: TimeSpan): Date | undefined {
  if (earliest === undefined) return undefined;
  const start = Math.max(earliest, notBefore?.getTime() ?? earliest);
  return new Date(Math.min(start, Math.max(earliest, latest ?? start)));
}
