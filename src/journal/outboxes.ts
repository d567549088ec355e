import type { DatabaseSync } from "node:sqlite";
import { AuditError, invalidOption } from "../errors.js";
import type { EntryTable } from "./entry-table.js";
import type { JournalMirrorStats } from "./journal-stats.js";
import { assertMirrorName } from "./options.js";
import { JournalOutbox, type OutboxOptions } from "./outbox.js";
import { OutboxTable, type RejectedRecord } from "./outbox-table.js";

/** All mirrors of a journal: those that this process has opened, and those that it only finds noted. */
export class Outboxes {
  readonly #table: OutboxTable;
  readonly #open = new Map<string, JournalOutbox>();
  readonly #entries: EntryTable;
  readonly #logId: string;
  readonly #length: () => number;

  /**
   * Of a database that is open.
   *
   * @param length - The next sequence of the journal.
   */
  constructor(database: DatabaseSync, entries: EntryTable, logId: string, length: () => number) {
    this.#table = new OutboxTable(database);
    this.#entries = entries;
    this.#logId = logId;
    this.#length = length;
  }

  /** The outbox of a mirror, the same one for the same name. */
  open(mirror: string, { backfill = false }: OutboxOptions): JournalOutbox {
    assertMirrorName(mirror);
    if (typeof backfill !== "boolean") throw invalidOption("backfill", "expected a boolean");
    let outbox = this.#open.get(mirror);
    if (outbox === undefined) {
      const parts = { logId: this.#logId, entries: this.#entries, table: this.#table, length: this.#length };
      outbox = new JournalOutbox(mirror, parts, backfill ? this.#entries.prunedBefore() : this.#length());
      this.#open.set(mirror, outbox);
    }
    return outbox;
  }

  /** Rejected records, of one mirror or of all. */
  rejected(mirror?: string): RejectedRecord[] {
    for (const outbox of this.#open.values()) outbox.save();
    return this.#table.rejected(mirror);
  }

  /** Makes rejected records pending again; answers how many. */
  resend(mirror: string, sequences?: readonly number[]): number {
    this.#assertKnown(mirror);
    const wanted = sequences === undefined ? undefined : new Set(sequences);
    const pruned = this.#entries.prunedBefore();
    const chosen = this.rejected(mirror)
      .map(({ sequence }) => sequence)
      .filter((sequence) => sequence >= pruned && wanted?.has(sequence) !== false);
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

  /** The mirror that has the oldest pending record, with its sequence. */
  oldestPending(): { readonly mirror: string; readonly sequence: number } | undefined {
    let oldest: { readonly mirror: string; readonly sequence: number } | undefined;
    for (const mirror of this.#table.mirrors()) {
      const sequence = this.#open.get(mirror)?.oldestPending ?? this.#storedOldest(mirror);
      if (oldest === undefined || sequence < oldest.sequence) oldest = { mirror, sequence };
    }
    return oldest;
  }

  /** What became of the records of each mirror. */
  stats(): Record<string, JournalMirrorStats> {
    return Object.fromEntries(this.#table.mirrors().map((mirror) => [mirror, this.#statsOf(mirror)]));
  }

  /** Saves what could not be saved before. */
  save(): void {
    for (const outbox of this.#open.values()) outbox.save();
  }

  #statsOf(mirror: string): JournalMirrorStats {
    const live = this.#open.get(mirror);
    if (live !== undefined) return { delivered: live.delivered, pending: live.size, rejected: live.rejected };
    const { next = 0, delivered = 0, resend = [] } = this.#table.state(mirror) ?? {};
    const pending = resend.length + this.#length() - next;
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
