import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { checkpointRecord, type StoredCheckpoint } from "../record/checkpoint-record.js";
import { replayedRecord } from "../record/replayed-record.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import { entryFromRow } from "./entry-from-line.js";
import type { EntryTable, RecordRow } from "./entry-table.js";
import { journalFailed } from "./failure.js";
import { type Place, Positions } from "./positions.js";

/** A record of the journal at its position. */
export interface Deliverable {
  readonly position: number;
  readonly record: ReadableLogRecord;
}

/** What a journal has to deliver, entries and checkpoints, by position. */
export class Deliverables {
  readonly #logId: string;
  readonly #entries: EntryTable;
  readonly #checkpoints: CheckpointTable;
  readonly #length: () => number;
  #positions: Positions;

  /** @param length - The next sequence of the journal. */
  constructor(
    logId: string,
    entries: EntryTable,
    checkpoints: CheckpointTable,
    length: () => number,
  ) {
    this.#logId = logId;
    this.#entries = entries;
    this.#checkpoints = checkpoints;
    this.#length = length;
    this.#positions = new Positions(checkpoints.positions());
  }

  /** The position behind all that there is. */
  get end(): number {
    return this.#positions.end(this.#length());
  }

  /** Takes in what another process has stored. */
  refresh(): void {
    this.#positions = new Positions(this.#checkpoints.positions());
  }

  /** Notes a checkpoint that was stored at the end. */
  addCheckpoint(position: number): void {
    this.#positions.add(position);
  }

  /** The position of an entry. */
  positionOf(sequence: number): number {
    return this.#positions.of(sequence);
  }

  /** What is at a position. */
  placeAt(position: number): Place {
    return this.#positions.at(position);
  }

  /** The first entry that is at a position or after it; the next sequence when there is none. */
  entryFrom(position: number): number {
    for (let next = position; ; next++) {
      const place = this.#positions.at(next);
      if (place.kind === "entry") return Math.min(place.sequence, this.#length());
    }
  }

  /** How many entries a checkpoint is over. */
  checkpointSize(position: number): number | undefined {
    return this.#checkpoints.at(position)?.size;
  }

  /**
   * When the record at a position was recorded, even where the rest of it is damaged.
   *
   * @throws {@link AuditError} `journal_failed` when it is not there.
   */
  recordedAt(position: number): ReadableLogRecord["hrTime"] {
    const place = this.placeAt(position);
    if (place.kind === "checkpoint") return this.#storedCheckpoint(position).time;
    const [row] = this.#entries.records(place.sequence, 1);
    if (row?.sequence !== place.sequence)
      throw missing(`the entry of sequence ${place.sequence} is`);
    return [row.seconds, row.nanos];
  }

  /**
   * So many records from a position on.
   *
   * @throws {@link AuditError} `journal_failed` when one of them is not there.
   */
  records(first: number, count: number): Deliverable[] {
    const found: Deliverable[] = [];
    for (let next = first; next < first + count; next = first + found.length) {
      const run = this.#positions.entriesFrom(next, first + count);
      if (run === 0)
        found.push({ position: next, record: checkpointRecord(this.#storedCheckpoint(next)) });
      else found.push(...this.#run(next, run));
    }
    return found;
  }

  #storedCheckpoint(position: number): StoredCheckpoint {
    const checkpoint = this.#checkpoints.at(position);
    if (checkpoint === undefined) throw missing(`the checkpoint of position ${position} is`);
    return checkpoint;
  }

  #run(position: number, count: number): Deliverable[] {
    const place = this.#positions.at(position);
    const first = place.kind === "entry" ? place.sequence : Number.NaN;
    const rows = this.#entries.records(first, count);
    if (rows.length !== count || rows[0]?.sequence !== first)
      throw missing(`entries from sequence ${first} on are`);
    return rows.map((row, index) => ({ position: position + index, record: this.#entry(row) }));
  }

  #entry(row: RecordRow): ReadableLogRecord {
    return replayedRecord(entryFromRow(row, this.#logId), this.#logId, [row.seconds, row.nanos], {
      traceFlags: row.traceFlags ?? undefined,
      resource: this.#entries.contexts.resource(row.resource),
      scope: this.#entries.contexts.scope(row.scope),
    });
  }
}

function missing(what: string): Error {
  return journalFailed(`${what} missing; restore it from a backup`);
}
