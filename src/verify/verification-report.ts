/**
 * What came out of one of the three questions: `verified`, `failed` (there is a problem that says how), or `unknown` (the
 * evidence at hand cannot tell; {@link VerificationReport.unknown} says why).
 */
export type Verdict = "verified" | "failed" | "unknown";

/**
 * What can be wrong with evidence. The set is closed.
 *
 * | code | of | what |
 * |---|---|---|
 * | `fork` | authenticity, integrity | two checkpoints that can be relied on contradict each other: the log showed two histories |
 * | `malformed_line` | integrity | a line that is no entry, or is longer than 65 536 bytes |
 * | `not_canonical` | integrity | an entry that is not written as the log writes it (RFC 8785, version 1) |
 * | `other_log` | integrity | an entry of another log |
 * | `leaf_hash_mismatch` | integrity | a line that does not hash to the leaf hash that the source has for it |
 * | `conflicting_lines` | integrity | two different lines of one sequence |
 * | `source_problem` | integrity | what the source itself found wrong with a line |
 * | `root_mismatch` | integrity | the entries up to a checkpoint do not hash to its root |
 * | `proof_mismatch` | integrity | an inclusion proof that does not prove its line |
 * | `missing_entries` | completeness | sequences that are not there, with later ones that are |
 * | `truncated` | completeness | the entries end before the newest checkpoint says |
 * | `duplicate_entry` | completeness | a line twice, in a source that has each once |
 * | `out_of_order` | completeness | a line behind one of a later sequence, in a source that is in order |
 * | `pruned_gap` | completeness | an entry is said to be pruned behind one that is not |
 * | `malformed_checkpoint` | authenticity | a checkpoint that is none |
 * | `other_origin` | authenticity | a checkpoint of another log |
 * | `invalid_signature` | authenticity | a signature that its key did not make, or not in the key's period |
 * | `no_valid_signature` | authenticity | keys were given, and none of them signed |
 */
export type ProblemCode =
  | "fork"
  | "malformed_line"
  | "not_canonical"
  | "other_log"
  | "leaf_hash_mismatch"
  | "conflicting_lines"
  | "source_problem"
  | "root_mismatch"
  | "proof_mismatch"
  | "missing_entries"
  | "truncated"
  | "duplicate_entry"
  | "out_of_order"
  | "pruned_gap"
  | "malformed_checkpoint"
  | "other_origin"
  | "invalid_signature"
  | "no_valid_signature";

/** One thing that is wrong, as near as it could be located. */
export interface Problem {
  readonly code: ProblemCode;
  /** The sequence of the entry, where it is one entry. */
  readonly sequence?: number;
  /** The first sequence, where it is somewhere between two. */
  readonly from?: number;
  /** The last sequence, where it is somewhere between two. */
  readonly to?: number;
  /** Which line of the source, from 1 on. */
  readonly line?: number;
  /** In words; text of the evidence stands in it escaped and cut. */
  readonly message: string;
}

/** What came out of one signature of a checkpoint. */
export interface CheckedSignature {
  /** The name of the key, as the evidence has it. */
  readonly name: string;
  /** The key's id, 8 hexadecimal digits. */
  readonly keyId: string;
  /** `log`: of the log itself; `cosignature`: of somebody else; `unknown`: its key was not given. */
  readonly kind: "log" | "cosignature" | "unknown";
  /** `unchecked`: it could not be told, neither a proof nor a contradiction. */
  readonly status: "valid" | "invalid" | "unchecked";
  /** When it was signed, by the signature itself: RFC 3339, UTC. */
  readonly time?: string;
  /** Why it is not valid. */
  readonly reason?: string;
}

/** One checkpoint, and what came out of it. */
export interface CheckedCheckpoint {
  /** How many entries. */
  readonly size: number;
  /** Hexadecimal. */
  readonly rootHash: string;
  /** Whether the lines hash to its root; absent where entries below its size are not there. */
  readonly consistent?: boolean;
  /** Whether it is, by origin, size and root, the checkpoint that the caller trusts by his own hand. */
  readonly trusted: boolean;
  /** Whether the log signed it: one signature at least is of kind `log` and valid, and none is invalid. */
  readonly signed: boolean;
  readonly signatures: readonly CheckedSignature[];
}

/** What the signatures of one key came to over all checkpoints. */
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

/** What `verify` found: plain data that survives JSON. */
export interface VerificationReport {
  /**
   * True when integrity and authenticity are `verified`, and completeness has not `failed`. It speaks of the
   * {@link VerificationReport.covered} entries alone: whoever holds the evidence can rewrite what comes after the newest
   * checkpoint, unseen.
   */
  readonly verified: boolean;
  /** Whether what is there is what the log signed. */
  readonly integrity: Verdict;
  /** Whether all is there. */
  readonly completeness: Verdict;
  /** Whether the log signed it. */
  readonly authenticity: Verdict;
  /** The log's id, as the evidence has it: escape it before a terminal sees it. Absent where nothing names one. */
  readonly origin?: string;
  /** How many entries there are lines of, each counted once. */
  readonly entries: number;
  /** How many of them are covered by a checkpoint that they agree with and that is signed or trusted. */
  readonly covered: number;
  /** How many entries there are only leaf hashes of, since retention removed their lines. */
  readonly pruned: number;
  /** How many entries stand in a row from sequence 0 on, pruned ones included; in a partial source it says little. */
  readonly size: number;
  /** The newest checkpoint that is signed or trusted. */
  readonly newestCheckpoint?: {
    readonly size: number;
    /** Hexadecimal. */
    readonly rootHash: string;
    /** When it was signed, where a valid signature says so: RFC 3339, UTC. */
    readonly time?: string;
  };
  /** How many lines were there again. */
  readonly duplicates: number;
  /** How many lines stood behind one of a later sequence. */
  readonly reordered: number;
  /** What is wrong: the first 100, forks before all else. */
  readonly problems: readonly Problem[];
  /** How many problems there are in all. */
  readonly problemCount: number;
  /** What could not be known from the evidence, in words. */
  readonly unknown: readonly string[];
  /** The newest 1000 checkpoints of the log, by rising size. */
  readonly checkpoints: readonly CheckedCheckpoint[];
  /** How many checkpoints of the log there are in all. */
  readonly checkpointCount: number;
  /** What each key signed. */
  readonly keys: readonly KeyTally[];
}
