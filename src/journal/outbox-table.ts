import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./sqlite.js";

/** Where a mirror stands. */
export interface OutboxState {
  /** The first sequence that was not settled. */
  readonly next: number;
  readonly delivered: number;
  /** Sequences below `next` that are pending again, ascending. */
  readonly resend: readonly number[];
}

/** A record that a backend refused for good. */
export interface RejectedRecord {
  readonly mirror: string;
  readonly sequence: number;
  /** What the backend said. */
  readonly reason: string;
  /** When, RFC 3339. */
  readonly at: string;
}

/** What a mirror's state is changed by. */
export interface OutboxChange {
  readonly next: number;
  readonly delivered: number;
  /** Pending again no more. */
  readonly settledResends: readonly number[];
  readonly rejected: readonly Omit<RejectedRecord, "mirror">[];
}

/** The tables of the outbox: one row for each mirror name, and those of its records that need one. */
export class OutboxTable {
  readonly #database: DatabaseSync;

  /** Of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The names of all mirrors. */
  mirrors(): string[] {
    return this.#database
      .prepare("SELECT mirror FROM outbox ORDER BY mirror")
      .all()
      .map(({ mirror }) => String(mirror));
  }

  /** Where a mirror stands, if the journal knows it. */
  state(mirror: string): OutboxState | undefined {
    const row = this.#database.prepare("SELECT next, delivered FROM outbox WHERE mirror = ?").get(mirror);
    if (row === undefined) return undefined;
    const resend = this.#database
      .prepare("SELECT sequence FROM resend WHERE mirror = ? ORDER BY sequence")
      .all(mirror)
      .map(({ sequence }) => Number(sequence));
    return { next: Number(row["next"]), delivered: Number(row["delivered"]), resend };
  }

  /** Adds a mirror that everything from `next` on is pending for. */
  begin(mirror: string, next: number): void {
    this.#database
      .prepare("INSERT INTO outbox (mirror, next, delivered, since) VALUES (?, ?, 0, ?)")
      .run(mirror, next, new Date().toISOString());
  }

  /** Moves a mirror on, in one transaction. */
  advance(mirror: string, { next, delivered, settledResends, rejected }: OutboxChange): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare("UPDATE outbox SET next = ?, delivered = ? WHERE mirror = ?")
        .run(next, delivered, mirror);
      const settle = this.#database.prepare("DELETE FROM resend WHERE mirror = ? AND sequence = ?");
      for (const sequence of settledResends) settle.run(mirror, sequence);
      const reject = this.#database.prepare(
        "INSERT OR REPLACE INTO rejected (mirror, sequence, reason, at) VALUES (?, ?, ?, ?)",
      );
      for (const { sequence, reason, at } of rejected)
        reject.run(mirror, sequence, reason.toWellFormed().replaceAll("\0", "\ufffd"), at);
    });
  }

  /** Rejected records, of one mirror or of all, by mirror and sequence. */
  rejected(mirror?: string): RejectedRecord[] {
    const sql = "SELECT mirror, sequence, reason, at FROM rejected WHERE :mirror IS NULL OR mirror = :mirror";
    return this.#database
      .prepare(`${sql} ORDER BY mirror, sequence`)
      .all({ mirror: mirror ?? null })
      .map((row) => ({
        mirror: String(row["mirror"]),
        sequence: Number(row["sequence"]),
        reason: String(row["reason"]),
        at: String(row["at"]),
      }));
  }

  /** How many records of a mirror are rejected. */
  countRejected(mirror: string): number {
    const row = this.#database.prepare("SELECT count(*) AS n FROM rejected WHERE mirror = ?").get(mirror);
    return Number(row?.["n"]);
  }

  /** Makes rejected records pending again, in one transaction. */
  resend(mirror: string, sequences: readonly number[]): void {
    inTransaction(this.#database, () => {
      const forget = this.#database.prepare("DELETE FROM rejected WHERE mirror = ? AND sequence = ?");
      const resend = this.#database.prepare("INSERT INTO resend (mirror, sequence) VALUES (?, ?)");
      for (const sequence of sequences) {
        forget.run(mirror, sequence);
        resend.run(mirror, sequence);
      }
    });
  }

  /** Forgets a mirror with all that is noted of it. */
  forget(mirror: string): void {
    inTransaction(this.#database, () => {
      for (const table of ["outbox", "resend", "rejected"])
        this.#database.prepare(`DELETE FROM ${table} WHERE mirror = ?`).run(mirror);
    });
  }
}
