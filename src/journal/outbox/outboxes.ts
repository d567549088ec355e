import type { DatabaseSync } from "node:sqlite";
import { invalidOption } from "../../errors.js";
import { boolean } from "../../options.js";
import { JournalOutbox, type OutboxOptions, type PositionedRecords } from "./outbox.js";
import { OutboxTable } from "./outbox-table.js";

/** What became of a mirror's records, counted over the life of the journal. */
export interface JournalMirrorStats {
  readonly delivered: number;
  readonly pending: number;
  /** How many records are listed as rejected. */
  readonly rejected: number;
}

/** A record that a backend refused for good: an entry or a checkpoint. */
export interface RejectedRecord {
  readonly mirror: string;
  /** The sequence of the entry. */
  readonly sequence?: number | undefined;
  /** How many entries the checkpoint covers. */
  readonly checkpointSize?: number | undefined;
  /** What the backend said. */
  readonly reason: string;
  /** When it was rejected, RFC 3339. */
  readonly at: string;
}

/** All mirrors that a journal knows. This process has opened the outbox of some of them. */
export class Outboxes {
  readonly #table: OutboxTable;
  readonly #open = new Map<string, JournalOutbox>();
  readonly #deliverables: PositionedRecords;
  readonly #isKept: () => boolean;

  /**
   * The outboxes of a database that is open.
   *
   * @param isKept - Whether the journal's path still leads to its file.
   */
  constructor(database: DatabaseSync, deliverables: PositionedRecords, isKept: () => boolean) {
    this.#table = new OutboxTable(database);
    this.#deliverables = deliverables;
    this.#isKept = isKept;
  }

  /**
   * Opens the outbox of a mirror. One name leads to the same object.
   *
   * @param first - The first sequence that was not pruned.
   */
  open(mirror: string, options: OutboxOptions, first: number): JournalOutbox {
    assertMirrorName(mirror);
    const backfill = boolean(options.backfill ?? false, "backfill");
    let outbox = this.#open.get(mirror);
    if (outbox === undefined) {
      const deliverables = this.#deliverables;
      // Just after the last pruned entry: checkpoints before the first entry belong to it.
      const kept = first === 0 ? 0 : deliverables.positionOf(first - 1) + 1;
      const parts = { deliverables, table: this.#table, isKept: this.#isKept };
      outbox = new JournalOutbox(mirror, parts, backfill ? kept : deliverables.end);
      this.#open.set(mirror, outbox);
    } else outbox.catchUp();
    return outbox;
  }

  /** The rejected records of one mirror or of all, by mirror and position. */
  rejected(mirror?: string): RejectedRecord[] {
    this.#deliverables.refresh();
    this.save();
    const mirrors = mirror === undefined ? this.#table.mirrors() : [mirror];
    return mirrors.flatMap((name) =>
      this.#table.rejected(name).map(({ position, reason, at }) => {
        const sequence = this.#deliverables.sequenceAt(position);
        if (sequence !== undefined) return { mirror: name, sequence, reason, at };
        const checkpointSize = this.#deliverables.checkpointSize(position);
        return { mirror: name, checkpointSize, reason, at };
      }),
    );
  }

  /**
   * Makes rejected records pending again. Returns how many.
   *
   * @param first - The first sequence that was not pruned. Pruned entries stay rejected.
   * @param sequences - The entries to send again. All, and all checkpoints, when undefined.
   */
  resend(mirror: string, first: number, sequences?: readonly number[]): number {
    this.#assertKnown(mirror);
    this.#open.get(mirror)?.save();
    const wanted = sequences && new Set(sequences);
    const positions = this.#table
      .rejected(mirror)
      .map(({ position }) => position)
      .filter((position) => {
        const sequence = this.#deliverables.sequenceAt(position);
        if (sequence === undefined) return wanted === undefined;
        return sequence >= first && wanted?.has(sequence) !== false;
      });
    if (positions.length === 0) return 0;
    this.#table.resend(mirror, positions);
    this.#open.get(mirror)?.resend(positions);
    return positions.length;
  }

  /** Forgets a mirror that this process does not use. */
  forget(mirror: string): void {
    this.#assertKnown(mirror);
    if (this.#open.has(mirror))
      throw invalidOption(
        "mirror",
        `"${mirror}" is in use by this process; take it out of the mirrors first`,
      );
    this.#table.forget(mirror);
  }

  /** The entry that has been pending for the longest time in any mirror. */
  oldestPending(): { readonly mirror: string; readonly sequence: number } | undefined {
    let oldest: { readonly mirror: string; readonly sequence: number } | undefined;
    for (const mirror of this.#table.mirrors()) {
      const position = this.#open.get(mirror)?.oldestPending ?? this.#storedOldest(mirror);
      const sequence = this.#deliverables.sequenceFrom(position);
      if (oldest === undefined || sequence < oldest.sequence) oldest = { mirror, sequence };
    }
    return oldest;
  }

  /** What became of the records of each mirror. */
  stats(): Record<string, JournalMirrorStats> {
    this.#deliverables.refresh();
    return Object.fromEntries(
      this.#table.mirrors().map((mirror) => [mirror, this.#statsOf(mirror)]),
    );
  }

  /** Takes in a checkpoint that was stored. Every mirror has to deliver it. */
  addCheckpoint(position: number): void {
    this.#deliverables.addCheckpoint(position);
    for (const outbox of this.#open.values()) outbox.catchUp();
  }

  /** Saves how far each mirror has come, unless that is saved. */
  save(): void {
    for (const outbox of this.#open.values()) outbox.save();
  }

  #statsOf(mirror: string): JournalMirrorStats {
    const open = this.#open.get(mirror);
    if (open !== undefined)
      return { delivered: open.delivered, pending: open.size, rejected: open.rejected };
    const { next = 0, delivered = 0, resend = [] } = this.#table.state(mirror) ?? {};
    const pending = resend.length + this.#deliverables.end - next;
    return { delivered, pending, rejected: this.#table.countRejected(mirror) };
  }

  #storedOldest(mirror: string): number {
    const state = this.#table.state(mirror);
    return Math.min(state?.next ?? Number.POSITIVE_INFINITY, ...(state?.resend.slice(0, 1) ?? []));
  }

  #assertKnown(mirror: string): void {
    assertMirrorName(mirror);
    if (this.#table.state(mirror) === undefined)
      throw invalidOption("mirror", `the journal knows no mirror "${mirror}"; check its name`);
  }
}

function assertMirrorName(name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || name.includes("\0") || !name.isWellFormed())
    throw invalidOption("mirror", "expected the name of a mirror, a string that is not empty");
}
