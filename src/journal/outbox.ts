import type { Spool, SpooledRecord } from "../delivery/spool.js";
import { replayedRecord, sequenceOf } from "../record/replayed-record.js";
import { entryFromRow } from "./entry-from-line.js";
import type { EntryTable, RecordRow } from "./entry-table.js";
import { journalFailed } from "./failure.js";
import type { OutboxTable, RejectedRecord } from "./outbox-table.js";
import { WaitingSince } from "./waiting-since.js";

/** Options of `Journal.outbox`. */
export interface OutboxOptions {
  /**
   * Whether a mirror that the journal does not know yet gets all entries that the journal holds.
   *
   * @defaultValue false: it gets those from here on
   */
  readonly backfill?: boolean | undefined;
}

/**
 * The records of a journal that one mirror has still to deliver: all from one sequence on, before them those that are
 * to be sent again. Nothing is written when a record is added, since its row is there already.
 *
 * What cannot be saved, when the disk is full, is kept and saved with the next change; a crash before that sends the
 * records again.
 */
export interface Outbox extends Spool {
  /** The name of the mirror. */
  readonly mirror: string;
  /** How many records were ever delivered to the mirror, in earlier processes too. */
  readonly delivered: number;
  /** How many records are rejected and listed. */
  readonly rejected: number;
  /** The oldest record will never be taken; it stays listed with the reason. */
  reject(reason: string): void;
  /** Calls `listener` whenever records became pending again that were rejected. */
  onResend(listener: () => void): void;
}

/** What an outbox shares with its journal. */
export interface OutboxParts {
  readonly logId: string;
  readonly entries: EntryTable;
  readonly table: OutboxTable;
  /** The next sequence of the journal. */
  readonly length: () => number;
}

/**
 * An outbox on the tables of its journal. What was peeked keeps its place until it is settled or rejected, whatever
 * becomes pending again meanwhile.
 */
export class JournalOutbox implements Outbox {
  /** The name of the mirror. */
  readonly mirror: string;
  /** The journal is the bound. */
  readonly capacity: number = Number.POSITIVE_INFINITY;
  /** What is pending here outlives the process. */
  readonly durable = true;
  readonly #parts: OutboxParts;
  readonly #since = new WaitingSince();
  readonly #resendListeners = new Set<() => void>();
  /** Sequences that are sent again, before all others. */
  #front: number[];
  /** To be put in front as soon as nothing that was peeked would change its place by it. */
  #late: number[] = [];
  #next: number;
  #end: number;
  #delivered: number;
  #unsavedRejected: Omit<RejectedRecord, "mirror">[] = [];
  #unsavedResends: number[] = [];
  #isSaved = true;
  #oldest: { readonly sequence: number; readonly since: number } | undefined;

  /** Goes on where the mirror stands, or begins it at `start`. */
  constructor(mirror: string, parts: OutboxParts, start: number) {
    this.mirror = mirror;
    this.#parts = parts;
    let state = parts.table.state(mirror);
    if (state === undefined) {
      parts.table.begin(mirror, start);
      state = { next: start, delivered: 0, resend: [] };
    }
    this.#next = state.next;
    this.#delivered = state.delivered;
    this.#front = [...state.resend];
    this.#end = parts.length();
  }

  /** How many records are pending. */
  get size(): number {
    return this.#front.length + this.#late.length + this.#end - this.#next;
  }

  /** How many records were ever delivered to the mirror, in earlier processes too. */
  get delivered(): number {
    return this.#delivered;
  }

  /** How many records are rejected and listed. */
  get rejected(): number {
    return this.#parts.table.countRejected(this.mirror) + this.#unsavedRejected.length;
  }

  /** The least sequence that is pending; the next of the journal when none is. */
  get oldestPending(): number {
    return Math.min(this.#next, ...this.#front.slice(0, 1), ...this.#late.slice(0, 1)); // both ascend
  }

  /** Since when the oldest one waits, as far as that can be read. */
  get oldestSince(): number | undefined {
    if (this.size === 0) return undefined;
    const sequence = this.oldestPending;
    if (this.#oldest?.sequence !== sequence) {
      try {
        const since = this.#since.get(sequence) ?? this.peek(1)[0]?.since;
        this.#oldest = since === undefined ? undefined : { sequence, since };
      } catch {
        return undefined; // the journal was closed, or cannot be read for now
      }
    }
    return this.#oldest?.since;
  }

  /** Calls `listener` whenever records became pending again that were rejected. */
  onResend(listener: () => void): void {
    this.#resendListeners.add(listener);
  }

  /** Notes that the record of an entry, which the journal has already, is pending. */
  add({ record, since }: SpooledRecord): void {
    const sequence = sequenceOf(record) ?? this.#parts.length() - 1;
    this.#since.add(sequence, since);
    this.#end = Math.max(this.#end, sequence + 1);
  }

  /** The oldest records, made from their entries. */
  peek(count: number): readonly SpooledRecord[] {
    const rows: RecordRow[] = [];
    for (const sequence of this.#front.slice(0, count)) rows.push(...this.#records(sequence, 1));
    const more = Math.min(count - rows.length, this.#end - this.#next);
    if (more > 0) rows.push(...this.#records(this.#next, more));
    return rows.map((row) => this.#spooled(row));
  }

  /** The oldest records were delivered. */
  settle(count: number): void {
    const resent = this.#front.splice(0, count);
    this.#unsavedResends.push(...resent);
    this.#next += Math.min(count - resent.length, this.#end - this.#next);
    this.#delivered += count;
    this.#moved();
  }

  /** The oldest record will never be taken. */
  reject(reason: string): void {
    const resent = this.#front.shift();
    if (resent !== undefined) this.#unsavedResends.push(resent);
    const sequence = resent ?? this.#next++;
    this.#unsavedRejected.push({ sequence, reason, at: new Date().toISOString() });
    this.#moved();
  }

  /** Takes in sequences that are pending again; the journal has saved that already. */
  resend(sequences: readonly number[]): void {
    const idle = this.size === 0;
    this.#late = [...this.#late, ...sequences].sort((a, b) => a - b);
    if (idle) this.#takeLate();
    for (const listener of this.#resendListeners) listener();
  }

  /** Saves where the mirror stands, if it is not saved. */
  save(): void {
    if (this.#isSaved) return;
    this.#parts.table.advance(this.mirror, {
      next: this.#next,
      delivered: this.#delivered,
      settledResends: this.#unsavedResends,
      rejected: this.#unsavedRejected,
    });
    this.#unsavedRejected = [];
    this.#unsavedResends = [];
    this.#isSaved = true;
  }

  #moved(): void {
    this.#isSaved = false;
    this.#since.dropBefore(this.#next);
    this.#takeLate();
    try {
      this.save();
    } catch {
      // the next change saves this one too
    }
  }

  #takeLate(): void {
    if (this.#late.length === 0) return;
    this.#front = [...this.#front, ...this.#late].sort((a, b) => a - b);
    this.#late = [];
  }

  #records(first: number, count: number): RecordRow[] {
    const rows = this.#parts.entries.records(first, count);
    if (rows.length !== count || rows[0]?.sequence !== first)
      throw journalFailed(`entries from sequence ${first} on are missing; restore it from a backup`);
    return rows;
  }

  #spooled(row: RecordRow): SpooledRecord {
    const { logId, entries } = this.#parts;
    const record = replayedRecord(entryFromRow(row, logId), logId, [row.seconds, row.nanos], {
      traceFlags: row.traceFlags ?? undefined,
      resource: entries.contexts.resource(row.resource),
      scope: entries.contexts.scope(row.scope),
    });
    const recordedMillis = row.seconds * 1000 + row.nanos / 1e6;
    const since =
      this.#since.get(row.sequence) ?? performance.now() - Math.max(0, Date.now() - recordedMillis);
    return { record, since };
  }
}
