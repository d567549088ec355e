import type { Problem, ProblemCode } from "./verification-report.js";

/** The questions that a report answers. */
export type Question = "integrity" | "completeness" | "authenticity";

/** Problems that a report lists. */
const LISTED = 100;

const INTEGRITY: ReadonlySet<ProblemCode> = new Set([
  "fork",
  "malformed_line",
  "not_canonical",
  "other_log",
  "leaf_hash_mismatch",
  "conflicting_lines",
  "source_problem",
  "root_mismatch",
  "proof_mismatch",
]);
const COMPLETENESS: ReadonlySet<ProblemCode> = new Set([
  "missing_entries",
  "truncated",
  "duplicate_entry",
  "out_of_order",
  "pruned_gap",
]);
const AUTHENTICITY: ReadonlySet<ProblemCode> = new Set([
  "fork",
  "malformed_checkpoint",
  "other_origin",
  "invalid_signature",
  "no_valid_signature",
]);
const CODES = { integrity: INTEGRITY, completeness: COMPLETENESS, authenticity: AUTHENTICITY };

/** The problems that were found: all are counted, some are kept, since evidence may hold nothing else. */
export class Problems {
  readonly #forks: Problem[] = [];
  readonly #others: Problem[] = [];
  readonly #codes = new Set<ProblemCode>();
  #count = 0;

  /** How many were found. */
  get count(): number {
    return this.#count;
  }

  /** Takes a problem down; `times` for so many of its kind that are found at once. */
  add(problem: Problem, times = 1): void {
    this.#count += times;
    this.#codes.add(problem.code);
    const list = problem.code === "fork" ? this.#forks : this.#others;
    if (list.length < LISTED) list.push(problem);
  }

  /** Whether one of them answers the question with no. */
  failed(question: Question): boolean {
    return [...this.#codes].some((code) => CODES[question].has(code));
  }

  /** The first ones, forks before all else. */
  listed(): readonly Problem[] {
    return [...this.#forks, ...this.#others].slice(0, LISTED);
  }
}
