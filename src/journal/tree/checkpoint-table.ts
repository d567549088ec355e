import type { DatabaseSync } from "node:sqlite";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import { MAX_NOTE_LENGTH } from "../../integrity/note/signed-note.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import { nanosOf } from "../../record/sealed-record.js";
import type { ContextIds, Contexts } from "../entries/contexts.js";
import { RECORDED } from "../file/schema.js";
import { notInserted } from "../file/sqlite.js";

const COLUMNS = `position, size, root_hash, id, ${RECORDED}, resource, scope, note`;

/** A row of `checkpoint` for an auditor. */
export interface CheckpointEvidence {
  /** In decimal digits. */
  readonly size: string;
  /** Hexadecimal. */
  readonly rootHash: string;
  readonly note: string;
}

/** How many checkpoints are read at a time. */
const CHUNK = 64;

/** Writes and reads the table `checkpoint`. */
export class CheckpointTable {
  readonly #database: DatabaseSync;
  readonly #contexts: Contexts;
  readonly #origin: string;

  /**
   * The table of a database that is open.
   *
   * @param contexts - The resources and scopes that its rows name.
   * @param origin - The log id.
   */
  constructor(database: DatabaseSync, contexts: Contexts, origin: string) {
    this.#database = database;
    this.#contexts = contexts;
    this.#origin = origin;
  }

  /** The positions of all checkpoints in the order of delivery, ascending. */
  positions(): number[] {
    return this.#database
      .prepare(
        `SELECT position FROM checkpoint
         WHERE position >= 0 AND position < ${Number.MAX_SAFE_INTEGER}
         ORDER BY position`,
      )
      .all()
      .map(({ position }) => Number(position));
  }

  /** How many checkpoints there are. */
  count(): number {
    return Number(this.#database.prepare("SELECT count(*) AS n FROM checkpoint").get()?.["n"]);
  }

  /** The position after the newest checkpoint. It does not depend on how many entries are left. */
  end(): number {
    return Number(
      this.#database
        .prepare("SELECT coalesce(max(position) + 1, 0) AS end FROM checkpoint")
        .get()?.["end"],
    );
  }

  /**
   * Stores a checkpoint under the resource and scope of these ids. If it throws, nothing was
   * written.
   *
   * @param position - Its place in the order of delivery.
   */
  append(
    position: number,
    { size, rootHash, id, time, note }: Omit<StoredCheckpoint, "resource" | "scope">,
    ids: ContextIds,
  ): void {
    const { changes } = this.#database
      .prepare(
        `INSERT INTO checkpoint
           (position, size, root_hash, id, recorded_nanos, resource, scope, note)
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
    if (changes !== 1) throw notInserted("checkpoint");
  }

  /** The checkpoint at a position, if there is one. */
  at(position: number): StoredCheckpoint | undefined {
    return this.#one("WHERE position = ?", position);
  }

  /** The newest checkpoint, if there is one. */
  newest(): StoredCheckpoint | undefined {
    return this.#one("ORDER BY position DESC");
  }

  /**
   * The checkpoints before a position, oldest first.
   *
   * @param reading - Runs each read.
   */
  *until(
    end: number,
    reading: <T>(work: () => T) => T,
  ): Generator<StoredCheckpoint, void, undefined> {
    for (let next = 0; ; ) {
      const rows = reading(() =>
        this.#database
          .prepare(
            `SELECT ${COLUMNS} FROM checkpoint WHERE position >= ? AND position < ?
             ORDER BY position LIMIT ${CHUNK}`,
          )
          .all(next, end),
      );
      for (const row of rows) yield this.#stored(row);
      const last = rows.at(-1);
      if (last === undefined) return;
      next = Number(last["position"]) + 1;
    }
  }

  /**
   * The checkpoints before a position for an auditor, oldest first. Whatever number stands in a
   * row, it can be read.
   *
   * @param reading - Runs each read.
   */
  *evidence(
    end: bigint,
    reading: <T>(work: () => T) => T,
  ): Generator<CheckpointEvidence, void, undefined> {
    const select = `SELECT CAST(position AS TEXT) AS at, CAST(size AS TEXT) AS size,
      lower(hex(root_hash)) AS rootHash,
      iif(octet_length(note) > ${4 * MAX_NOTE_LENGTH}, '', note) AS note
      FROM checkpoint WHERE position >= ? AND position < ? ORDER BY position LIMIT ${CHUNK}`;
    for (let next = -(2n ** 63n); ; ) {
      const rows = reading(() => this.#database.prepare(select).all(next, end));
      yield* rows as unknown as CheckpointEvidence[];
      const last = rows.at(-1);
      if (last === undefined) return;
      next = BigInt(String(last["at"])) + 1n;
    }
  }

  /** The position after the newest checkpoint, for {@link evidence}. */
  evidenceEnd(): bigint {
    const row = this.#database
      .prepare("SELECT CAST(max(position) AS TEXT) AS at FROM checkpoint")
      .get();
    return row?.["at"] == null ? 0n : BigInt(String(row["at"])) + 1n;
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
      rootHash: hexOf(row["root_hash"] as Uint8Array),
      note: String(row["note"]),
      id: String(row["id"]),
      time: [Number(row["seconds"]), Number(row["nanos"])],
      resource: this.#contexts.resource(Number(row["resource"])),
      scope: this.#contexts.scope(Number(row["scope"])),
    };
  }
}
