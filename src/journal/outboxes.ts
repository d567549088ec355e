import type { DatabaseSync } from "node:sqlite";
import { AuditError, invalidOption } from "../errors.js";
import type { Deliverables } from "./deliverables.js";
import type { JournalMirrorStats } from "./journal-stats.js";
import { assertMirrorName } from "./options.js";
import { JournalOutbox, type OutboxOptions } from "./outbox.js";
import { OutboxTable } from "./outbox-table.js";
import type { RejectedRecord } from "./rejected-record.js";

/** All mirrors of a journal: those that this process has opened, and those that it only finds noted. */
export class Outboxes {
  readonly #table: OutboxTable;
  readonly #open = new Map<string, JournalOutbox>();
  readonly #deliverables: Deliverables;
  readonly #isKept: () => boolean;

  /**
   * Of a database that is open.
   *
   * @param isKept - Whether the journal's path still leads to its file.
   */
  constructor(database: DatabaseSync, deliverables: Deliverables, isKept: () => boolean) {
    this.#table = new OutboxTable(database);
    this.#deliverables = deliverables;
    this.#isKept = isKept;
  }

  /** The outbox of a mirror, the same one for the same name; a new one starts at the end, or at a sequence. */
  open(mirror: string, { backfill = false }: OutboxOptions, first: number): JournalOutbox {
    assertMirrorName(mirror);
    if (typeof backfill !== "boolean") throw invalidOption("backfill", "expected a boolean");
    let outbox = this.#open.get(mirror);
    if (outbox === undefined) {
      const deliverables = this.#deliverables;
      // behind the last that was pruned, so that checkpoints in front of the first entry are in it
      const kept = first === 0 ? 0 : deliverables.positionOf(first - 1) + 1;
      const start = backfill ? kept : deliverables.end;
      const parts = { deliverables, table: this.#table, isKept: this.#isKept };
      outbox = new JournalOutbox(mirror, parts, start);
      this.#open.set(mirror, outbox);
    } else outbox.catchUp();
    return outbox;
  }

  /** Rejected records, of one mirror or of all, by mirror and position. */
  rejected(mirror?: string): RejectedRecord[] {
    for (const outbox of this.#open.values()) outbox.save();
    const mirrors = mirror === undefined ? this.#table.mirrors() : [mirror];
    return mirrors.flatMap((name) =>
      this.#table.rejected(name).map(({ position, reason, at }) => {
        const place = this.#deliverables.placeAt(position);
        if (place.kind === "entry") return { mirror: name, sequence: place.sequence, reason, at };
        return {
          mirror: name,
          checkpointSize: this.#deliverables.checkpointSize(position),
          reason,
          at,
        };
      }),
    );
  }

  /** Makes rejected records pending again, of entries from `first` on; answers how many. */
  resend(mirror: string, first: number, sequences?: readonly number[]): number {
    this.#assertKnown(mirror);
    this.#open.get(mirror)?.save();
    const wanted = sequences && new Set(sequences);
    const chosen = this.#table
      .rejected(mirror)
      .map(({ position }) => position)
      .filter((position) => {
        const place = this.#deliverables.placeAt(position);
        if (place.kind === "checkpoint") return wanted === undefined;
        return place.sequence >= first && wanted?.has(place.sequence) !== false;
      });
    if (chosen.length === 0) return 0;
    this.#table.resend(mirror, chosen);
    this.#open.get(mirror)?.resend(chosen);
    return chosen.length;
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

  /** The mirror whose oldest pending entry comes first, with its sequence. */
  oldestPending(): { readonly mirror: string; readonly sequence: number } | undefined {
    let oldest: { readonly mirror: string; readonly sequence: number } | undefined;
    for (const mirror of this.#table.mirrors()) {
      const position = this.#open.get(mirror)?.oldestPending ?? this.#storedOldest(mirror);
      const sequence = this.#deliverables.entryFrom(position);
      if (oldest === undefined || sequence < oldest.sequence) oldest = { mirror, sequence };
    }
    return oldest;
  }

  /** What became of the records of each mirror. */
  stats(): Record<string, JournalMirrorStats> {
    return Object.fromEntries(
      this.#table.mirrors().map((mirror) => [mirror, this.#statsOf(mirror)]),
    );
  }

  /** A checkpoint was stored, which every mirror has to deliver, whoever signed it. */
  checkpointStored(): void {
    for (const outbox of this.#open.values()) outbox.catchUp();
  }

  /** Saves what could not be saved before. */
  save(): void {
    for (const outbox of this.#open.values()) outbox.save();
  }

  #statsOf(mirror: string): JournalMirrorStats {
    const live = this.#open.get(mirror);
    if (live !== undefined)
      return { delivered: live.delivered, pending: live.size, rejected: live.rejected };
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
      throw new AuditError("invalid_options", `mirror: the journal knows no mirror "${mirror}"`, {
        field: "mirror",
      });
  }
}
