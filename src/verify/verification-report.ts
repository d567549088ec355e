import type { Problem } from "./problems.js";

/**
 * The answer to one of the three questions: `verified`, `failed` (a problem says how), or `unknown`
 * (the evidence cannot tell; {@link VerificationReport.unknown} says why).
 */
export type Verdict = "verified" | "failed" | "unknown";

/** One signature of a checkpoint, and whether it is valid. */
export interface CheckedSignature {
  /** The name of the key, as the evidence has it. */
  readonly name: string;
  /** The key's id, 8 hexadecimal digits. */
  readonly keyId: string;
  /** `log`: by the log; `cosignature`: by somebody else; `unknown`: its key was not given. */
  readonly kind: "log" | "cosignature" | "unknown";
  /** `unchecked`: the check was not possible; this proves nothing and contradicts nothing. */
  readonly status: "valid" | "invalid" | "unchecked";
  /** When it was signed, according to the signature: RFC 3339, UTC. */
  readonly time?: string;
  /** Why it is not valid. */
  readonly reason?: string;
}

/** One checkpoint, and what was found out about it. */
export interface CheckedCheckpoint {
  /** How many entries it covers. */
  readonly size: number;
  /** Hexadecimal. */
  readonly rootHash: string;
  /** Whether the entries hash to its root. Absent where entries that it covers are missing. */
  readonly consistent?: boolean;
  /** Whether it is a checkpoint that the caller vouches for, by origin, size and root. */
  readonly trusted: boolean;
  /** Whether the log signed it: it has a valid signature of kind `log`, and no invalid one. */
  readonly signed: boolean;
  readonly signatures: readonly CheckedSignature[];
}

/** How many signatures of one key are valid, over all checkpoints. */
export interface KeyTally {
  /** The name of the key, as the evidence has it. */
  readonly name: string;
  /** The key's id, 8 hexadecimal digits. */
  readonly keyId: string;
  readonly kind: CheckedSignature["kind"];
  readonly valid: number;
  readonly invalid: number;
  readonly unchecked: number;
}

/** What `verify` found, as plain data that survives JSON. */
export interface VerificationReport {
  /**
   * True if all three verdicts are `verified`. For a partial source, completeness is `unknown`, and
   * need not be verified. With the option `coveredOnly`, this is about the
   * {@link VerificationReport.covered} entries only: whoever holds the evidence can rewrite later
   * entries, and this check cannot see it.
   */
  readonly verified: boolean;
  /** Whether the entries are what the log signed. */
  readonly integrity: Verdict;
  /**
   * Whether all entries are there. If integrity failed, it is `failed` or `unknown`: an altered
   * entry may stand in the place of one that the log had.
   */
  readonly completeness: Verdict;
  /**
   * Whether the log signed its checkpoints. If integrity failed, this says nothing about the
   * entries.
   */
  readonly authenticity: Verdict;
  /**
   * The id of the log that the evidence was judged as. It may be the evidence's own, so escape it
   * before you print it. Absent where nothing names one.
   */
  readonly origin?: string;
  /** How many entries have a line, each counted once. */
  readonly entries: number;
  /** How many of them a consistent checkpoint covers that is signed or trusted. */
  readonly covered: number;
  /**
   * When the first entry that is not covered was recorded: RFC 3339, UTC. Absent where all are
   * covered, and for a partial source.
   */
  readonly uncoveredSince?: string;
  /** How many entries have only a leaf hash, because retention removed their lines. */
  readonly pruned: number;
  /**
   * How many entries stand in a row from sequence 0 on, pruned ones included. For a partial source,
   * this says little.
   */
  readonly size: number;
  /** The newest checkpoint that is signed or trusted. */
  readonly newestCheckpoint?: {
    readonly size: number;
    /** Hexadecimal. */
    readonly rootHash: string;
    /** When it was signed, if a valid signature says so: RFC 3339, UTC. */
    readonly time?: string;
  };
  /** How many lines repeat an earlier one. */
  readonly duplicates: number;
  /** How many lines come after one with a later sequence. */
  readonly reordered: number;
  /** The first 100 problems, forks before all others. */
  readonly problems: readonly Problem[];
  /** How many problems there are. */
  readonly problemCount: number;
  /** What the evidence cannot tell, in words. */
  readonly unknown: readonly string[];
  /** The 1000 newest checkpoints of the log, by rising size. */
  readonly checkpoints: readonly CheckedCheckpoint[];
  /** How many checkpoints of the log there are. */
  readonly checkpointCount: number;
  /** For each key, how many of its signatures are valid. */
  readonly keys: readonly KeyTally[];
}

/** Whether a log signed the checkpoints of evidence, and not the entries that came with them. */
export function isCheckpointAlone({ integrity, authenticity }: VerificationReport): boolean {
  return integrity === "failed" && authenticity === "verified";
}
