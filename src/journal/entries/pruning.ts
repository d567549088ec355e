import type { DatabaseSync } from "node:sqlite";
import { timeMillis } from "../../entry/timestamp.js";
import { AuditError, invalidOption } from "../../errors.js";
import { counted } from "../../text/safe-text.js";
import { journalFailed } from "../file/failure.js";
import { TIME_BLOCK } from "../file/schema.js";
import { inTransaction } from "../file/sqlite.js";

/** Options of `Journal.prune`. */
export interface PruneOptions {
  /** Entries that were recorded before this time are removed. */
  readonly olderThan: Date;
}

/** What a pruning removed. */
export interface Pruning {
  /** How many entries were removed. */
  readonly pruned: number;
  /** The first sequence that was not pruned. */
  readonly prunedBefore: number;
}

const DAY_MILLIS = 86_400_000;

/**
 * Reads the time before which to prune. Throws `invalid_options`, also for one that retention
 * forbids.
 */
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
      `entries are kept for at least ${counted(minimumRetentionDays, "day")} ` +
        "(minimumRetentionDays); pass " +
        `${new Date(Math.max(0, floor)).toISOString()} or an earlier time`,
    );
  return millis;
}

/**
 * Removes the entries that were recorded before `millis`.
 *
 * @param first - The first sequence that was not pruned.
 * @param length - The next sequence.
 * @param waiting - The oldest entry that a mirror has not delivered yet.
 * @throws `AuditError` `journal_failed` when that entry would be removed. Nothing was pruned then.
 */
export function prune(
  database: DatabaseSync,
  { first, length }: { readonly first: number; readonly length: number },
  millis: number,
  waiting: { readonly mirror: string; readonly sequence: number } | undefined,
): Pruning {
  const end = firstRecordedSince(database, millis, first, length);
  if (waiting !== undefined && waiting.sequence < end)
    throw journalFailed(
      `nothing was pruned: the mirror "${waiting.mirror}" has not delivered the entry of ` +
        `sequence ${waiting.sequence} yet. Wait until it has, prune only older entries, or ` +
        "forget the mirror (forgetMirror)",
    );
  if (end > first) {
    assertOlder(database, end, millis);
    pruneBefore(database, first, end, millis);
  }
  return { pruned: end - first, prunedBefore: end };
}

/**
 * Finds the first sequence in [first, end) that was recorded at this time or later, by binary
 * search: the time of recording rises with the sequence.
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
 * Compares the times by which entries were found with the times in their lines: somebody may have
 * changed the column. Throws `journal_failed`.
 */
function assertOlder(database: DatabaseSync, end: number, millis: number): void {
  const row = database
    .prepare(
      `SELECT sequence FROM
         (SELECT sequence, CAST(line AS TEXT) AS text FROM entry WHERE sequence < ?)
       WHERE coalesce(json_extract(text, '$.recorded_at'), json_extract(text, '$.timestamp')) >= ?
       LIMIT 1`,
    )
    .get(end, new Date(millis).toISOString());
  if (row !== undefined)
    throw journalFailed(
      `nothing was pruned: the entry of sequence ${row["sequence"]} was recorded later, as its ` +
        "line says, than the journal has it. Verify the journal (quorumlog verify)",
    );
}

/**
 * Removes the entries of [first, end) in one transaction. The triggers let an entry go only when
 * its leaf hash is kept and its pruning is written down.
 */
function pruneBefore(database: DatabaseSync, first: number, end: number, olderThan: number): void {
  inTransaction(database, () => {
    database
      .prepare(
        `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry
         WHERE sequence < ? ORDER BY sequence`,
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
