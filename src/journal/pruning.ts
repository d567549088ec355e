import type { DatabaseSync } from "node:sqlite";
import { timeMillis } from "../entry/timestamp.js";
import { AuditError, invalidOption } from "../errors.js";
import { journalFailed } from "./failure.js";
import { TIME_BLOCK } from "./schema.js";
import { inTransaction } from "./sqlite.js";

/** What to prune. */
export interface PruneOptions {
  /** Entries that were recorded before this time go. */
  readonly olderThan: Date;
}

/** What a pruning removed. */
export interface Pruning {
  /** How many entries. */
  readonly pruned: number;
  /** The first sequence that is kept; all below it are pruned. */
  readonly prunedBefore: number;
}

const DAY_MILLIS = 86_400_000;

/** The time of the options, where the floor allows it. Throws `invalid_options`. */
export function pruneMillis(options: PruneOptions, minimumRetentionDays: number): number {
  let millis: number;
  try {
    millis = timeMillis(options?.olderThan, "olderThan");
  } catch (cause) {
    const message = "olderThan: expected a Date from 1970 to 2262";
    throw new AuditError("invalid_options", message, { field: "olderThan", cause });
  }
  const floor = Date.now() - minimumRetentionDays * DAY_MILLIS;
  if (millis > floor)
    throw invalidOption(
      "olderThan",
      `entries are kept for ${minimumRetentionDays} days at the least (minimumRetentionDays); ` +
        `${new Date(Math.max(0, floor)).toISOString()} or earlier can be pruned`,
    );
  return millis;
}

/**
 * Prunes what was recorded before `millis`.
 *
 * @param held - The sequences that the journal holds.
 * @param waiting - The oldest record that a mirror has still to deliver.
 * @throws {@link AuditError} `journal_failed` when that record would go; nothing was pruned then.
 */
export function prune(
  database: DatabaseSync,
  held: { readonly first: number; readonly end: number },
  millis: number,
  waiting: { readonly mirror: string; readonly sequence: number } | undefined,
): Pruning {
  const end = firstRecordedSince(database, millis, held.first, held.end);
  if (waiting !== undefined && waiting.sequence < end)
    throw journalFailed(
      `nothing was pruned: the mirror "${waiting.mirror}" has sequence ${waiting.sequence} still to deliver; let it, ` +
        "prune what is older, or forget the mirror (forgetMirror)",
    );
  if (end > held.first) pruneBefore(database, held.first, end, millis);
  return { pruned: end - held.first, prunedBefore: end };
}

/**
 * The first sequence from `first` on that was recorded at this time or later; the time of recording rises with the
 * sequence, so it is found by halves.
 */
function firstRecordedSince(
  database: DatabaseSync,
  millis: number,
  first: number,
  end: number,
): number {
  const statement = database.prepare(
    "SELECT recorded_nanos / 1000000 AS millis FROM entry WHERE sequence = ?",
  );
  let low = first;
  let high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (Number(statement.get(middle)?.["millis"]) >= millis) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Removes the entries of [first, end), all in one transaction with the record of it, which the triggers ask for: they
 * let go of an entry only when its leaf hash is kept and its pruning written down.
 */
function pruneBefore(database: DatabaseSync, first: number, end: number, olderThan: number): void {
  inTransaction(database, () => {
    database
      .prepare(
        "INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry WHERE sequence < ? ORDER BY sequence",
      )
      .run(end);
    database
      .prepare(
        `INSERT INTO pruning (pruned_before, first, recorded_nanos, older_than, at)
         SELECT ?, ?, recorded_nanos, ?, ? FROM entry WHERE sequence = ?`,
      )
      .run(end, first, new Date(olderThan).toISOString(), new Date().toISOString(), end - 1);
    database.prepare("DELETE FROM entry WHERE sequence < ?").run(end);
    database.prepare("DELETE FROM time_block WHERE block < ?").run(Math.floor(end / TIME_BLOCK));
  });
}
