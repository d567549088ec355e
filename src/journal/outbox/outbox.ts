import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Spool, SpooledRecord } from "../../delivery/spool.js";
import { sequenceOf } from "../../record/sealed-record.js";
import type { OutboxTable, RejectedRow } from "./outbox-table.js";

/** Options of `Journal.outbox`. */
export interface OutboxOptions {
  /**
   * Whether a mirror that the journal does not know yet gets all entries and checkpoints that the
   * journal holds.
   *
   * @defaultValue false: it gets only those that follow
   */
  readonly backfill?: boolean | undefined;
}

/**
 * The records of a journal that one mirror has not delivered yet: those that are to be sent again,
 * then all from one position on. Adding a record writes nothing, since the journal has its row
 * already.
 *
 * If the disk is full, a change is kept in memory, and saved with the next one. After a crash in
 * between, the records are sent again.
 */
export interface Outbox extends Spool {
  /** The name of the mirror. */
  readonly mirror: string;
  /** How many records were ever delivered to the mirror, also by earlier processes. */
  readonly delivered: number;
  /** How many records are listed as rejected. */
  readonly rejected: number;
  /** Removes the oldest record, which will never be delivered. It is listed with the reason. */
  reject(reason: string): void;
  /**
   * Calls `listener` whenever records became pending that nobody added: rejected ones again, or a
   * checkpoint. `ahead` is how many of them stand before what was pending already.
   */
  onPending(listener: (ahead: number) => void): void;
}

/**
 * The records of a journal by their positions in the order of delivery, which `Deliverables`
 * makes: entries in the order of their sequences, with the checkpoints between them.
 */
export interface PositionedRecords {
  /** The position after the last record. */
  readonly end: number;
  /** The position of an entry. */
  positionOf(sequence: number): number;
  /** The sequence of the entry at a position. Undefined where there is a checkpoint. */
  sequenceAt(position: number): number | undefined;
  /** The first sequence at a position or after it. When there is none, the next sequence. */
  sequenceFrom(position: number): number;
  /** How many entries the checkpoint at a position covers. */
  checkpointSize(position: number): number | undefined;
  /**
   * When the record at a position was recorded. This can be told even if its line is damaged.
   *
   * @throws `AuditError` `journal_failed` when it is not there.
   */
  recordedAt(position: number): ReadableLogRecord["hrTime"];
  /**
   * Makes the records of `count` positions.
   *
   * @throws `AuditError` `journal_failed` when one of them is not there.
   */
  records(first: number, count: number): ReadableLogRecord[];
  /** Takes in the checkpoints that another process has stored. */
  refresh(): void;
  /** Takes in a checkpoint that was stored at the end. */
  addCheckpoint(position: number): void;
}

/** What an outbox shares with its journal. */
export interface OutboxParts {
  readonly table: OutboxTable;
  readonly deliverables: PositionedRecords;
  /** Whether the journal's path still leads to its file. */
  readonly isKept: () => boolean;
}

/**
 * An outbox on the tables of its journal. The records that were peeked stay in front until they are
 * settled or rejected, whatever becomes pending again meanwhile.
 */
export class JournalOutbox implements Outbox {
  /** The name of the mirror. */
  readonly mirror: string;
  /** It has no bound of its own. */
  readonly capacity: number = Number.POSITIVE_INFINITY;
  /** What is pending outlives the process. */
  readonly durable = true;
  readonly #parts: OutboxParts;
  readonly #since = new WaitingSince();
  readonly #pendingListeners = new Set<(ahead: number) => void>();
  /** The positions that are sent again, before all others. Ascending. */
  #front: number[];
  /** The positions that move to the front after the next change. Ascending. */
  #late: number[] = [];
  /** The first position that is neither delivered nor rejected. */
  #next: number;
  /** The position after the last pending one. */
  #end: number;
  #delivered: number;
  #unsavedRejected: RejectedRow[] = [];
  #unsavedResends: number[] = [];
  #isSaved = true;
  /** Kept for {@link JournalOutbox.oldestSince}. */
  #oldest: { readonly position: number; readonly since: number } | undefined;

  /** Goes on where the mirror has come to. A new mirror begins at the position `start`. */
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
    this.#end = parts.deliverables.end;
  }

  /** How many records are pending. */
  get size(): number {
    return this.#front.length + this.#late.length + this.#end - this.#next;
  }

  /** How many records were ever delivered to the mirror, also by earlier processes. */
  get delivered(): number {
    return this.#delivered;
  }

  /** How many records are listed as rejected. */
  get rejected(): number {
    return this.#parts.table.countRejected(this.mirror) + this.#unsavedRejected.length;
  }

  /** The first pending position. If none is pending, the next one that will be. */
  get oldestPending(): number {
    return Math.min(this.#next, ...this.#front.slice(0, 1), ...this.#late.slice(0, 1));
  }

  /** Whether what is pending is in the file that the next process will open. */
  isSafe(): boolean {
    return this.#parts.isKept();
  }

  /** Since when the oldest pending record waits. Undefined also when the journal cannot be read. */
  get oldestSince(): number | undefined {
    if (this.size === 0) return undefined;
    const position = this.oldestPending;
    if (this.#oldest?.position !== position) {
      try {
        // The record itself is not needed: an entry that was damaged is pending too.
        const since = this.#sinceOf(position, () => this.#parts.deliverables.recordedAt(position));
        this.#oldest = { position, since };
      } catch {
        return undefined; // the journal was closed, or cannot be read now
      }
    }
    return this.#oldest?.since;
  }

  /** Calls `listener` whenever records became pending that nobody added. */
  onPending(listener: (ahead: number) => void): void {
    this.#pendingListeners.add(listener);
  }

  /** Takes in what the journal stored, but no log added, such as a log without this mirror. */
  catchUp(): void {
    this.#end = this.#parts.deliverables.end;
    for (const listener of this.#pendingListeners) listener(0);
  }

  /** Takes in a record that the journal has stored. Returns how many more records are pending. */
  add({ record, since }: SpooledRecord): number {
    const { deliverables } = this.#parts;
    const sequence = sequenceOf(record);
    const position =
      sequence === undefined ? deliverables.end - 1 : deliverables.positionOf(sequence);
    const before = this.#end;
    this.#since.add(position, since);
    this.#end = Math.max(before, position + 1);
    return this.#end - before;
  }

  /** The oldest records, which are made from what the journal has. */
  peek(count: number): readonly SpooledRecord[] {
    const front = this.#front.slice(0, count);
    const spooled = front.flatMap((position) => this.#spooled(position, 1));
    const more = Math.min(count - front.length, this.#end - this.#next);
    if (more > 0) spooled.push(...this.#spooled(this.#next, more));
    return spooled;
  }

  /** Removes the oldest records: they were delivered. */
  settle(count: number): void {
    const resent = this.#front.splice(0, count);
    this.#unsavedResends.push(...resent);
    this.#next += Math.min(count - resent.length, this.#end - this.#next);
    this.#delivered += count;
    this.#moved();
  }

  /** Removes the oldest record: it will never be delivered. */
  reject(reason: string): void {
    const resent = this.#front.shift();
    if (resent !== undefined) this.#unsavedResends.push(resent);
    const position = resent ?? this.#next++;
    this.#unsavedRejected.push({ position, reason, at: new Date().toISOString() });
    this.#moved();
  }

  /** Takes in positions that are pending again, which the table says already. */
  resend(positions: readonly number[]): void {
    const idle = this.size === 0;
    this.#late = [...this.#late, ...positions].sort((a, b) => a - b);
    if (idle) this.#takeLate();
    for (const listener of this.#pendingListeners) listener(positions.length);
  }

  /** Saves how far the mirror has come, unless that is saved. */
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
      // The next change saves this one too.
    }
  }

  #takeLate(): void {
    if (this.#late.length === 0) return;
    this.#front = [...this.#front, ...this.#late].sort((a, b) => a - b);
    this.#late = [];
  }

  #spooled(first: number, count: number): SpooledRecord[] {
    return this.#parts.deliverables.records(first, count).map((record, index) => ({
      record,
      since: this.#sinceOf(first + index, () => record.hrTime),
    }));
  }

  #sinceOf(position: number, recordedAt: () => ReadableLogRecord["hrTime"]): number {
    const noted = this.#since.get(position);
    if (noted !== undefined) return noted;
    const [seconds, nanos] = recordedAt();
    return performance.now() - Math.max(0, Date.now() - (seconds * 1000 + nanos / 1e6));
  }
}

/** The longest list of times. Records after it wait since they were recorded. */
const MAX_TIMES = 65_536;

/** Since when each record of this process waits, from the oldest pending one on. */
class WaitingSince {
  #times: number[] = [];
  /** The position of the first time. */
  #first = 0;
  /** The index of the oldest pending record's time. */
  #head = 0;

  /** Adds the time of a position, unless the position before it is missing. */
  add(position: number, since: number): void {
    if (this.#head === this.#times.length) {
      this.#times = [];
      this.#head = 0;
      this.#first = position;
    }
    if (position === this.#first + this.#times.length && this.#times.length < MAX_TIMES)
      this.#times.push(since);
  }

  /** The time of a position, if it was added. */
  get(position: number): number | undefined {
    return this.#times[position - this.#first];
  }

  /** Forgets the positions before this one. */
  dropBefore(position: number): void {
    this.#head = Math.min(this.#times.length, Math.max(this.#head, position - this.#first));
    if (this.#head * 2 < this.#times.length) return;
    this.#times = this.#times.slice(this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }
}
