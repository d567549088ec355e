import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Spool, SpooledRecord } from "../delivery/spool.js";
import { sequenceOf } from "../record/replayed-record.js";
import type { Deliverable, Deliverables } from "./deliverables.js";
import type { OutboxTable, RejectedRow } from "./outbox-table.js";
import { WaitingSince } from "./waiting-since.js";

/** Options of `Journal.outbox`. */
export interface OutboxOptions {
  /**
   * Whether a mirror that the journal does not know yet gets all entries and checkpoints that the journal holds.
   *
   * @defaultValue false: it gets those from here on
   */
  readonly backfill?: boolean | undefined;
}

/**
 * The records of a journal that one mirror has still to deliver: all from one position on, before them those that are
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
  /** Calls `listener` whenever records became pending that nobody added: rejected ones again, or a checkpoint. */
  onPending(listener: (ahead: number) => void): void;
}

/** What an outbox shares with its journal. */
export interface OutboxParts {
  readonly table: OutboxTable;
  readonly deliverables: Deliverables;
  /** Whether the journal's path still leads to its file. */
  readonly isKept: () => boolean;
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
  readonly #pendingListeners = new Set<(ahead: number) => void>();
  /** Positions that are sent again, before all others. */
  #front: number[];
  /** To be put in front as soon as nothing that was peeked would change its place by it. */
  #late: number[] = [];
  #next: number;
  #end: number;
  #delivered: number;
  #unsavedRejected: RejectedRow[] = [];
  #unsavedResends: number[] = [];
  #isSaved = true;
  #oldest: { readonly position: number; readonly since: number } | undefined;

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
    this.#end = parts.deliverables.end;
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

  /** The least position that is pending; that behind the journal's last when none is. */
  get oldestPending(): number {
    return Math.min(this.#next, ...this.#front.slice(0, 1), ...this.#late.slice(0, 1)); // both ascend
  }

  /** Whether what is pending here still stands in the file that the next process will open. */
  isSafe(): boolean {
    return this.#parts.isKept();
  }

  /** Since when the oldest one waits, as far as that can be read. */
  get oldestSince(): number | undefined {
    if (this.size === 0) return undefined;
    const position = this.oldestPending;
    if (this.#oldest?.position !== position) {
      try {
        // not by the record: an entry that was damaged is pending too
        const since = this.#sinceOf(position, () => this.#parts.deliverables.recordedAt(position));
        this.#oldest = { position, since };
      } catch {
        return undefined; // the journal was closed, or cannot be read for now
      }
    }
    return this.#oldest?.since;
  }

  /** Calls `listener` whenever records became pending that nobody added. */
  onPending(listener: (ahead: number) => void): void {
    this.#pendingListeners.add(listener);
  }

  /** Takes in what was stored while no log handed it on, such as by a log without this mirror. */
  catchUp(): void {
    this.#end = this.#parts.deliverables.end;
    for (const listener of this.#pendingListeners) listener(0);
  }

  /** Notes that a record, which the journal has already, is pending. */
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

  /** The oldest records, made from what the journal has. */
  peek(count: number): readonly SpooledRecord[] {
    const { deliverables } = this.#parts;
    const found = this.#front
      .slice(0, count)
      .flatMap((position) => deliverables.records(position, 1));
    const more = Math.min(count - found.length, this.#end - this.#next);
    if (more > 0) found.push(...deliverables.records(this.#next, more));
    return found.map((deliverable) => this.#spooled(deliverable));
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
    const position = resent ?? this.#next++;
    this.#unsavedRejected.push({ position, reason, at: new Date().toISOString() });
    this.#moved();
  }

  /** Takes in positions that are pending again; the journal has saved that already. */
  resend(positions: readonly number[]): void {
    const idle = this.size === 0;
    this.#late = [...this.#late, ...positions].sort((a, b) => a - b);
    if (idle) this.#takeLate();
    for (const listener of this.#pendingListeners) listener(positions.length);
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

  #spooled({ position, record }: Deliverable): SpooledRecord {
    return { record, since: this.#sinceOf(position, () => record.hrTime) };
  }

  #sinceOf(position: number, recordedAt: () => ReadableLogRecord["hrTime"]): number {
    const noted = this.#since.get(position);
    if (noted !== undefined) return noted;
    const [seconds, nanos] = recordedAt();
    return performance.now() - Math.max(0, Date.now() - (seconds * 1000 + nanos / 1e6));
  }
}
