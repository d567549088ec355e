import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "../file/sqlite.js";

/** How far a mirror has come. */
export interface OutboxState {
  /** The first position that is neither delivered nor rejected. */
  readonly next: number;
  readonly delivered: number;
  /** The positions before `next` that are pending again, ascending. */
  readonly resend: readonly number[];
}

/** A record that a backend refused for good, at its position. */
export interface RejectedRow {
  readonly position: number;
  /** What the backend said. */
  readonly reason: string;
  /** When it was rejected, RFC 3339. */
  readonly at: string;
}

/** What changes in the state of a mirror. */
export interface OutboxChange {
  readonly next: number;
  readonly delivered: number;
  /** The positions that were pending again, and are not any more. */
  readonly settledResends: readonly number[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Reads and writes the tables `outbox`, `resend` and `rejected`. They have a row for each mirror,
 * and for each of its records that is sent again or was rejected.
 */
export class OutboxTable {
  readonly #database: DatabaseSync;

  /** The tables of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The names of all mirrors that the journal knows. */
  mirrors(): string[] {
    return this.#database
      .prepare("SELECT mirror FROM outbox ORDER BY mirror")
      .all()
      .map(({ mirror }) => String(mirror));
  }

  /** The state of a mirror. Undefined when the journal does not know it. */
  state(mirror: string): OutboxState | undefined {
    const row = this.#database
      .prepare("SELECT next, delivered FROM outbox WHERE mirror = ?")
      .get(mirror);
    if (row === undefined) return undefined;
    const resend = this.#database
      .prepare("SELECT position FROM resend WHERE mirror = ? ORDER BY position")
      .all(mirror)
      .map(({ position }) => Number(position));
    return { next: Number(row["next"]), delivered: Number(row["delivered"]), resend };
  }

  /** Adds a mirror. Everything from the position `next` on is pending. */
  begin(mirror: string, next: number): void {
    this.#database
      .prepare("INSERT INTO outbox (mirror, next, delivered, since) VALUES (?, ?, 0, ?)")
      .run(mirror, next, new Date().toISOString());
  }

  /** Changes the state of a mirror, in one transaction. */
  advance(mirror: string, { next, delivered, settledResends, rejected }: OutboxChange): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare("UPDATE outbox SET next = ?, delivered = ? WHERE mirror = ?")
        .run(next, delivered, mirror);
      const settle = this.#database.prepare("DELETE FROM resend WHERE mirror = ? AND position = ?");
      for (const position of settledResends) settle.run(mirror, position);
      const reject = this.#database.prepare(
        "INSERT OR REPLACE INTO rejected (mirror, position, reason, at) VALUES (?, ?, ?, ?)",
      );
      for (const { position, reason, at } of rejected)
        reject.run(mirror, position, reason.toWellFormed().replaceAll("\0", "\ufffd"), at);
    });
  }

  /** The rejected records of a mirror, by position. */
  rejected(mirror: string): RejectedRow[] {
    return this.#database
      .prepare("SELECT position, reason, at FROM rejected WHERE mirror = ? ORDER BY position")
      .all(mirror)
      .map((row) => ({
        position: Number(row["position"]),
        reason: String(row["reason"]),
        at: String(row["at"]),
      }));
  }

  /** How many records of a mirror are listed as rejected. */
  countRejected(mirror: string): number {
    const row = this.#database
      .prepare("SELECT count(*) AS n FROM rejected WHERE mirror = ?")
      .get(mirror);
    return Number(row?.["n"]);
  }

  /** Makes rejected records pending again, in one transaction. */
  resend(mirror: string, positions: readonly number[]): void {
    inTransaction(this.#database, () => {
      const forget = this.#database.prepare(
        "DELETE FROM rejected WHERE mirror = ? AND position = ?",
      );
      const resend = this.#database.prepare("INSERT INTO resend (mirror, position) VALUES (?, ?)");
      for (const position of positions) {
        forget.run(mirror, position);
        resend.run(mirror, position);
      }
    });
  }

  /** Forgets a mirror and all its rows. */
  forget(mirror: string): void {
    inTransaction(this.#database, () => {
      for (const table of ["outbox", "resend", "rejected"])
        this.#database.prepare(`DELETE FROM ${table} WHERE mirror = ?`).run(mirror);
    });
  }
}
