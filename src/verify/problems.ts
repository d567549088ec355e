/** The questions that a report answers. */
export type Question = "integrity" | "completeness" | "authenticity";

/**
 * What can be wrong with evidence. The set is closed.
 *
 * | code | fails | what is wrong |
 * |---|---|---|
 * | `fork` | integrity, authenticity | the log signed two histories |
 * | `malformed_line` | integrity | a line is not an entry, or is longer than 65 536 bytes |
 * | `not_canonical` | integrity | an entry is not written as RFC 8785 says |
 * | `other_log` | integrity | an entry is of another log |
 * | `leaf_hash_mismatch` | integrity | a line does not hash to the source's leaf hash |
 * | `conflicting_lines` | integrity | two different lines have one sequence |
 * | `source_problem` | integrity | the source itself found something wrong |
 * | `root_mismatch` | integrity | the entries up to a checkpoint do not hash to its root |
 * | `proof_mismatch` | integrity | an inclusion proof does not prove its line |
 * | `missing_entries` | completeness | sequences are not there, and later ones are |
 * | `truncated` | completeness | the entries end before the newest checkpoint does |
 * | `duplicate_entry` | completeness | a line is there twice, in a source that has each line once |
 * | `out_of_order` | completeness | a line comes after a later one, in a source that is in order |
 * | `pruned_gap` | completeness | an entry is said to be pruned after one that is not |
 * | `unsealed_pruning` | completeness | entries were pruned, and no entry of the log says so |
 * | `held_entries_pruned` | completeness | entries were pruned that a legal hold keeps |
 * | `malformed_checkpoint` | authenticity | a checkpoint cannot be read |
 * | `other_origin` | authenticity | a checkpoint is of another log |
 * | `invalid_signature` | authenticity | a signature is wrong, or outside its key's period |
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
  | "unsealed_pruning"
  | "held_entries_pruned"
  | "malformed_checkpoint"
  | "other_origin"
  | "invalid_signature"
  | "no_valid_signature";

/** One thing that is wrong, and where, as exactly as the evidence shows it. */
export interface Problem {
  readonly code: ProblemCode;
  /** The sequence of the entry, where one entry is wrong. */
  readonly sequence?: number;
  /** The first sequence of a range, where the fault is somewhere in it. */
  readonly from?: number;
  /** The last sequence of the range. */
  readonly to?: number;
  /** The line of the source, counted from 1. */
  readonly line?: number;
  /** In words. Text of the evidence is escaped and cut in it. */
  readonly message: string;
}

/** The questions that a problem answers with no. */
export const FAILS: Readonly<Record<ProblemCode, readonly Question[]>> = {
  fork: ["integrity", "authenticity"],
  malformed_line: ["integrity"],
  not_canonical: ["integrity"],
  other_log: ["integrity"],
  leaf_hash_mismatch: ["integrity"],
  conflicting_lines: ["integrity"],
  source_problem: ["integrity"],
  root_mismatch: ["integrity"],
  proof_mismatch: ["integrity"],
  missing_entries: ["completeness"],
  truncated: ["completeness"],
  duplicate_entry: ["completeness"],
  out_of_order: ["completeness"],
  pruned_gap: ["completeness"],
  unsealed_pruning: ["completeness"],
  held_entries_pruned: ["completeness"],
  malformed_checkpoint: ["authenticity"],
  other_origin: ["authenticity"],
  invalid_signature: ["authenticity"],
  no_valid_signature: ["authenticity"],
};

/** How many problems a report lists. */
const LISTED = 100;

/**
 * The problems that were found. All are counted, and the first are kept: evidence may hold nothing
 * else.
 */
export class Problems {
  readonly #forks: Problem[] = [];
  readonly #others: Problem[] = [];
  readonly #failed = new Set<Question>();
  #count = 0;

  /** How many were found. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes a problem down.
   *
   * @param times - How many of its kind were found at once.
   */
  add(problem: Problem, times = 1): void {
    this.#count += times;
    for (const question of FAILS[problem.code]) this.#failed.add(question);
    const list = problem.code === "fork" ? this.#forks : this.#others;
    if (list.length < LISTED) list.push(problem);
  }

  /** Whether a problem answers the question with no. */
  failed(question: Question): boolean {
    return this.#failed.has(question);
  }

  /** The first problems, forks before all others. */
  listed(): readonly Problem[] {
    return [...this.#forks, ...this.#others].slice(0, LISTED);
  }
}
