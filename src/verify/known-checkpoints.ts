import {
  checkSignatures,
  type SignatureVerdict,
  type TrustedKey,
} from "../integrity/check-signatures.js";
import { parseCheckpoint } from "../integrity/checkpoint.js";
import type { ResolvedVerifyOptions } from "./options.js";
import type { Problems } from "./problems.js";
import { quoted } from "./quoted.js";

/** A checkpoint of the log, with what came out of its signatures. */
export interface KnownCheckpoint {
  readonly size: number;
  /** Hexadecimal. */
  readonly rootHash: string;
  readonly trusted: boolean;
  readonly signed: boolean;
  readonly signatures: readonly SignatureVerdict[];
}

/** Between which times something happened, in milliseconds since the epoch; undefined where that is not known. */
export interface TimeSpan {
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
}

interface ReadCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: string;
  /** Undefined for a text without signatures. */
  readonly note: string | undefined;
}

/** The checkpoints of the evidence and the one that the auditor kept, each once. */
export class KnownCheckpoints {
  readonly #read = new Map<string, ReadCheckpoint>();
  readonly #options: ResolvedVerifyOptions;
  readonly #problems: Problems;
  #inEvidence = false;

  /** Begins with the checkpoint that the auditor kept, if there is one. */
  constructor(options: ResolvedVerifyOptions, problems: Problems) {
    this.#options = options;
    this.#problems = problems;
    const kept = options.trusted;
    if (kept === undefined) return;
    const rootHash = Buffer.from(kept.root).toString("hex");
    this.#read.set(kept.note ?? kept.text, { ...kept, rootHash });
  }

  /** The origin of the first one. */
  get firstOrigin(): string | undefined {
    for (const { origin } of this.#read.values()) return origin;
    return undefined;
  }

  /** Whether the evidence itself holds one. */
  get inEvidence(): boolean {
    return this.#inEvidence;
  }

  /** Takes a note of the evidence. */
  add(note: string): void {
    try {
      if (!this.#read.has(note)) this.#read.set(note, parseCheckpoint(note));
      this.#inEvidence = true;
    } catch (error) {
      const message = `a checkpoint that begins ${quoted(note)} cannot be read: ${(error as Error).message}`;
      this.#problems.add({ code: "malformed_checkpoint", message });
    }
  }

  /**
   * Checks the signatures of those that are of the origin, by rising size.
   *
   * @param madeBetween - When a checkpoint of a size was made, by what the entries say.
   */
  check(origin: string | undefined, madeBetween: (size: number) => TimeSpan): KnownCheckpoint[] {
    const known: KnownCheckpoint[] = [];
    for (const read of this.#read.values()) {
      if (read.origin === origin) known.push(this.#checked(read, madeBetween(read.size)));
      else
        this.#problems.add({
          code: "other_origin",
          message: `a checkpoint of size ${read.size} is of the log ${quoted(read.origin)}`,
        });
    }
    return known.sort((a, b) => a.size - b.size);
  }

  #checked({ note, size, rootHash, origin }: ReadCheckpoint, span: TimeSpan): KnownCheckpoint {
    const { keys, trusted } = this.#options;
    const signatures = note === undefined ? [] : bestVerdicts(note, keys, span);
    for (const { status, name, reason } of signatures) {
      if (status !== "invalid") continue;
      const message = `the signature of ${quoted(name)} on the checkpoint of size ${size} is not valid: ${reason}`;
      this.#problems.add({ code: "invalid_signature", message });
    }
    const valid = signatures.some(({ kind, status }) => kind === "log" && status === "valid");
    return {
      size,
      rootHash,
      trusted:
        trusted?.origin === origin &&
        trusted.size === size &&
        Buffer.from(trusted.root).toString("hex") === rootHash,
      signed: valid && !signatures.some(({ status }) => status === "invalid"),
      signatures,
    };
  }
}

/** The best that came out of each signature by any of the keys. */
function bestVerdicts(
  note: string,
  keys: readonly TrustedKey[],
  span: TimeSpan,
): SignatureVerdict[] {
  const best = checkSignatures(note, []);
  for (const key of keys) {
    const time = timeInPeriod(key, span);
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
 * The time at which a key is to be asked whether it was in use: the one of the span that is nearest to its period. All
 * that is known is that a checkpoint was made in the span, and a key that came into use in it may have made it.
 */
function timeInPeriod({ notBefore }: TrustedKey, { earliest, latest }: TimeSpan): Date | undefined {
  if (earliest === undefined) return undefined;
  const start = Math.max(earliest, notBefore?.getTime() ?? earliest);
  return new Date(Math.min(start, Math.max(earliest, latest ?? start)));
}
