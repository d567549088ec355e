import type { DatabaseSync } from "node:sqlite";
import { timeMillis } from "../../entry/timestamp.js";
import { AuditError, invalidOption } from "../../errors.js";
import { RecordedTimes } from "../../record/recorded-times.js";
import { risenAbove } from "../../record/sealed-record.js";
import { counted } from "../../text/safe-text.js";
import { BLOCK, RECORDED } from "../file/schema.js";
import { inTransaction, journalFailed } from "../file/sqlite.js";
import type { HrTime } from "./entry-table.js";
import { writePostings } from "./postings.js";

/** What a pruning is to remove. */
export interface PlannedPruning {
  /** The first sequence that was not pruned. */
  readonly first: number;
  /** The first sequence that will be left. */
  readonly end: number;
  /** What is removed was recorded before this time, in milliseconds since 1970. */
  readonly olderThanMillis: number;
  /** Whether a hold keeps entries that are old enough. */
  readonly isHeld: boolean;
}

/** The entries that a journal holds. */
interface Prunable {
  /** The first sequence that was not pruned. */
  readonly first: number;
  /** The next sequence. */
  readonly length: number;
  /** When the entry before the first one was recorded; `[0, 0]` if there is none. */
  readonly prunedTime: HrTime;
}

const DAY_MILLIS = 86_400_000;

/**
 * Reads the time before which to prune. Throws `invalid_options`, also for one that retention
 * forbids.
 */
export function pruneMillis(olderThan: unknown, minimumRetentionDays: number): number {
  let millis: number;
  try {
    millis = timeMillis(olderThan, "olderThan");
  } catch (cause) {
    const message = "olderThan: expected a Date from 1970 to 2262";
    throw new AuditError("invalid_options", message, { field: "olderThan", cause });
  }
  const floor = Date.now() - minimumRetentionDays * DAY_MILLIS;
  if (millis > floor)
    throw invalidOption(
      "olderThan",
      `entries are kept for at least ${counted(minimumRetentionDays, "day")}; pass ` +
        `${new Date(Math.max(0, floor)).toISOString()} or an earlier time`,
    );
  return millis;
}

/**
 * Finds the entries that were recorded before `millis`, up to where a hold stops it. Removes
 * nothing.
 *
 * @param heldFrom - The first sequence that must stay.
 * @param waiting - The oldest entry that a mirror has not delivered yet.
 * @throws `AuditError` `journal_failed` when that entry would be removed, or an entry was altered.
 */
export function plannedPruning(
  database: DatabaseSync,
  { first, length, prunedTime }: Prunable,
  olderThanMillis: number,
  heldFrom: number,
  waiting: { readonly mirror: string; readonly sequence: number } | undefined,
): PlannedPruning {
  const old = firstRecordedSince(timesIn(database), olderThanMillis, first, length);
  const end = Math.max(first, Math.min(old, heldFrom));
  if (waiting !== undefined && waiting.sequence < end)
    throw journalFailed(
      `nothing was pruned: the mirror "${waiting.mirror}" has not delivered the entry of ` +
        `sequence ${waiting.sequence} yet. Wait until it has, prune only older entries, or ` +
        "let the app forget the mirror (audit.journal.forgetMirror)",
    );
  if (end > first) assertUnaltered(database, prunedTime, end);
  return { first, end, olderThanMillis, isHeld: end < old };
}

/** When an entry was recorded, in milliseconds; NaN for one that is not there. */
type TimeAt = (sequence: number) => number;

function timesIn(database: DatabaseSync): TimeAt {
  const statement = database.prepare(
    "SELECT recorded_nanos / 1000000 AS millis FROM entry WHERE sequence = ?",
  );
  return (sequence) => Number(statement.get(sequence)?.["millis"]);
}

/**
 * Finds the first sequence in [first, end) that was recorded at this time or later, by binary
 * search: the time of recording rises with the sequence. If the clock had jumped ahead there, and
 * the jump was undone, the search goes on where it was undone.
 */
function firstRecordedSince(at: TimeAt, millis: number, first: number, end: number): number {
  for (let low = first; ; ) {
    const found = firstThat((sequence) => at(sequence) >= millis, low, end);
    const undone = found < end ? undoneAt(at, found, end) : undefined;
    if (undone === undefined || at(undone) >= millis) return found;
    low = undone;
  }
}

/**
 * Finds the first entry after `from` that was recorded at an earlier time. It looks at more and
 * more distant entries, so it needs few reads. It finds a jump that lasted for less time than it
 * was wide, as each one did that was undone.
 */
function undoneAt(at: TimeAt, from: number, end: number): number | undefined {
  const jumped = at(from);
  const isEarlier = (sequence: number): boolean => at(sequence) < jumped;
  for (let next = from + 1; next < end; next += Math.ceil((next - from) / 4))
    if (isEarlier(next)) return firstThat(isEarlier, from + 1, next);
  return isEarlier(end - 1) ? firstThat(isEarlier, from + 1, end - 1) : undefined;
}

/** The first number of [low, high) that something is true of, as of all after it; else `high`. */
function firstThat(isTrue: (value: number) => boolean, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (isTrue(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/**
 * Compares the times by which entries were found with those in the lines: somebody may have changed
 * a column. Throws `journal_failed`.
 */
function assertUnaltered(database: DatabaseSync, prunedTime: HrTime, end: number): void {
  const rows = database
    .prepare(
      `SELECT sequence, ${RECORDED},
         coalesce(json_extract(text, '$.recorded_at'), json_extract(text, '$.timestamp')) AS line
       FROM (SELECT *, CAST(line AS TEXT) AS text FROM entry WHERE sequence < ?) ORDER BY sequence`,
    )
    .iterate(end);
  const times = RecordedTimes.afterPruned(prunedTime);
  for (const row of rows) {
    const time: HrTime = [Number(row["seconds"]), Number(row["nanos"])];
    const [seconds, nanos] = risenAbove(times.before(time), Date.parse(String(row["line"])));
    if (seconds !== time[0] || nanos !== time[1])
      throw journalFailed(
        `nothing was pruned: the entry of sequence ${row["sequence"]} was recorded at another ` +
          "time, as its line says, than the journal has it. Verify the journal (quorumlog verify)",
      );
    times.keep(time);
  }
}

/**
 * Removes the entries of a plan in one transaction. The triggers let an entry go only when its leaf
 * hash is kept and its pruning is written down.
 */
export function carryOut(
  database: DatabaseSync,
  { first, end, olderThanMillis }: PlannedPruning,
): void {
  inTransaction(database, () => {
    // a hold may keep entries that are old enough: then what was removed is older than these
    const keptMillis = timesIn(database)(end);
    const before = new Date(keptMillis < olderThanMillis ? keptMillis : olderThanMillis);
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
      .run(end, first, before.toISOString(), new Date().toISOString(), end - 1);
    database.prepare("DELETE FROM entry WHERE sequence < ?").run(end);
    const block = Math.floor(end / BLOCK);
    database.prepare("DELETE FROM time_block WHERE block < ?").run(block);
    database.prepare(`DELETE FROM posting WHERE block * ${BLOCK} < ?`).run(end);
    const isWhole = database.prepare("SELECT 1 FROM time_block WHERE block = ?").get(block);
    if (isWhole !== undefined && end % BLOCK > 0) writePostings(database, block);
  });
}
