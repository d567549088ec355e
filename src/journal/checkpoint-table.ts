import type { DatabaseSync } from "node:sqlite";
import type { StoredCheckpoint } from "../record/checkpoint-record.js";
import { nanosOf } from "../record/record-time.js";
import type { ContextIds, Contexts } from "./contexts.js";

const COLUMNS = `position, size, root_hash, id, recorded_nanos / 1000000000 AS seconds,
  recorded_nanos % 1000000000 AS nanos, resource, scope, note`;

/** Checkpoints that are read at a time. */
const CHUNK = 64;

/** Writes and reads the table `checkpoint`. */
export class CheckpointTable {
  readonly #database: DatabaseSync;
  readonly #contexts: Contexts;
  readonly #origin: string;

  /** Of a database that is open. */
  constructor(database: DatabaseSync, contexts: Contexts, origin: string) {
    this.#database = database;
    this.#contexts = contexts;
    this.#origin = origin;
  }

  /** The positions of all, ascending. */
  positions(): number[] {
    return this.#database
      .prepare("SELECT position FROM checkpoint ORDER BY position")
      .all()
      .map(({ position }) => Number(position));
  }

  /** The position behind the newest one: what an auditor reads must not depend on how many entries are left. */
  end(): number {
    return Number(
      this.#database
        .prepare("SELECT coalesce(max(position) + 1, 0) AS end FROM checkpoint")
        .get()?.["end"],
    );
  }

  /**
   * Stores one in a transaction, under the resource and scope of these ids. If it throws, nothing was written.
   *
   * @param position - Where it is in the order of delivery.
   */
  append(
    position: number,
    { size, rootHash, id, time, note }: Omit<StoredCheckpoint, "resource" | "scope">,
    ids: ContextIds,
  ): void {
    this.#database
      .prepare(
        `INSERT INTO checkpoint (position, size, root_hash, id, recorded_nanos, resource, scope, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        position,
        size,
        Buffer.from(rootHash, "hex"),
        id,
        nanosOf(...time),
        ids.resource,
        ids.scope,
        note,
      );
  }

  /** The one at a position. */
  at(position: number): StoredCheckpoint | undefined {
    return this.#one("WHERE position = ?", position);
  }

  /** The newest one, if there is any. */
  newest(): StoredCheckpoint | undefined {
    return this.#one("ORDER BY position DESC");
  }

  /** All that were stored up to a position, oldest first; each read goes through `reading`. */
  *until(
    end: number,
    reading: <T>(work: () => T) => T,
  ): Generator<StoredCheckpoint, void, undefined> {
    for (let next = 0; ; ) {
      const rows = reading(() =>
        this.#database
          .prepare(
            `SELECT ${COLUMNS} FROM checkpoint WHERE position >= ? AND position < ? ORDER BY position LIMIT ${CHUNK}`,
          )
          .all(next, end),
      );
      for (const row of rows) yield this.#stored(row);
      const last = rows.at(-1);
      if (last === undefined) return;
      next = Number(last["position"]) + 1;
    }
  }

  #one(where: string, ...values: number[]): StoredCheckpoint | undefined {
    const row = this.#database
      .prepare(`SELECT ${COLUMNS} FROM checkpoint ${where} LIMIT 1`)
      .get(...values);
    return row && this.#stored(row);
  }

  #stored(row: { readonly [column: string]: unknown }): StoredCheckpoint {
    return {
      origin: this.#origin,
      size: Number(row["size"]),
      rootHash: Buffer.from(row["root_hash"] as Uint8Array).toString("hex"),
      note: String(row["note"]),
      id: String(row["id"]),
      time: [Number(row["seconds"]), Number(row["nanos"])],
      resource: this.#contexts.resource(Number(row["resource"])),
      scope: this.#contexts.scope(Number(row["scope"])),
    };
  }
}
