import type { JudgedCheckpoint } from "./checkpoint-check.js";
import type { EntryCheck } from "./entry-check.js";
import type { Problems } from "./problems.js";

/** All that was found out about evidence. */
export interface Findings {
  readonly origin: string | undefined;
  readonly entries: EntryCheck;
  /** By rising size. */
  readonly checkpoints: readonly JudgedCheckpoint[];
  /** How many entries of a partial source are proved. */
  readonly proved: number;
  readonly partial: boolean;
  readonly problems: Problems;
}
