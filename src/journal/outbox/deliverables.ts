import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { checkpointRecord, type StoredCheckpoint } from "../../record/checkpoint-record.js";
import { replayedRecord } from "../../record/sealed-record.js";
import { entryFromRow } from "../entries/entry-row.js";
import type { EntryTable, HrTime, RecordRow } from "../entries/entry-table.js";
import { journalFailed } from "../file/sqlite.js";
import type { CheckpointTable } from "../tree/checkpoint-table.js";
import type { PositionedRecords } from "./outbox.js";

/** The parts of a journal that records are made from. */
export interface DeliverableParts {
  readonly logId: string;
  readonly entries: EntryTable;
  readonly checkpoints: CheckpointTable;
  /** The next sequence. */
  readonly length: () => number;
}

/**
 * What a journal has to deliver, by position. Entries come in the order of their sequences, and
 * each checkpoint after the entries that were there when it was stored. So the position of an entry
 * is its sequence, plus one for each checkpoint before it.
 */
export class Deliverables implements PositionedRecords {
  readonly #parts: DeliverableParts;
  /** The positions of the checkpoints, ascending. */
  #checkpoints: number[];

  /** The records of a journal that is open. */
  constructor(parts: DeliverableParts) {
    this.#parts = parts;
    this.#checkpoints = parts.checkpoints.positions();
  }

  get end(): number {
    return this.#parts.length() + this.#checkpoints.length;
  }

  refresh(): void {
    this.#checkpoints = this.#parts.checkpoints.positions();
  }

  addCheckpoint(position: number): void {
    this.#checkpoints.push(position);
  }

  positionOf(sequence: number): number {
    // The entries from sequence `position - index` on follow the checkpoint at `position`.
    return sequence + this.#countWhile((position, index) => position - index <= sequence);
  }

  sequenceAt(position: number): number | undefined {
    const before = this.#checkpointsBefore(position);
    return this.#checkpoints[before] === position ? undefined : position - before;
  }

  sequenceFrom(position: number): number {
    for (let next = position; ; next++) {
      const sequence = this.sequenceAt(next);
      if (sequence !== undefined) return Math.min(sequence, this.#parts.length());
    }
  }

  checkpointSize(position: number): number | undefined {
    return this.#parts.checkpoints.at(position)?.size;
  }

  recordedAt(position: number): HrTime {
    const sequence = this.sequenceAt(position);
    if (sequence === undefined) return this.#checkpointAt(position).time;
    const [row] = this.#parts.entries.records(sequence, 1);
    if (row?.sequence !== sequence) throw missing(`the entry of sequence ${sequence} is`);
    return [row.seconds, row.nanos];
  }

  records(first: number, count: number): ReadableLogRecord[] {
    const records: ReadableLogRecord[] = [];
    const end = first + count;
    for (let next = first; next < end; next = first + records.length) {
      const sequence = this.sequenceAt(next);
      if (sequence === undefined) records.push(checkpointRecord(this.#checkpointAt(next)));
      else {
        const checkpoint = this.#checkpoints[this.#checkpointsBefore(next)] ?? end;
        records.push(...this.#entryRecords(sequence, Math.min(checkpoint, end) - next));
      }
    }
    return records;
  }

  #checkpointAt(position: number): StoredCheckpoint {
    const checkpoint = this.#parts.checkpoints.at(position);
    if (checkpoint === undefined) throw missing(`the checkpoint at position ${position} is`);
    return checkpoint;
  }

  #entryRecords(first: number, count: number): ReadableLogRecord[] {
    const rows = this.#parts.entries.records(first, count);
    if (rows.length !== count || rows[0]?.sequence !== first)
      throw missing(`entries from sequence ${first} on are`);
    return rows.map((row) => this.#entryRecord(row));
  }

  #entryRecord(row: RecordRow): ReadableLogRecord {
    const { logId, entries } = this.#parts;
    return replayedRecord(entryFromRow(row, logId), logId, [row.seconds, row.nanos], {
      traceFlags: row.traceFlags ?? undefined,
      resource: entries.contexts.resource(row.resource),
      scope: entries.contexts.scope(row.scope),
    });
  }

  #checkpointsBefore(position: number): number {
    return this.#countWhile((other) => other < position);
  }

  /** Counts the checkpoints from the first on that meet a condition, by binary search. */
  #countWhile(meets: (position: number, index: number) => boolean): number {
    let low = 0;
    let high = this.#checkpoints.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (meets(this.#checkpoints[middle] as number, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function missing(what: string): Error {
  return journalFailed(`${what} missing; restore the journal from a backup`);
}
