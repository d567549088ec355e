import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { AuditEntry } from "../entry/audit-entry.js";
import { COLUMNS } from "../entry/columns.js";
import { nanosOf } from "../record/record-time.js";
import type { RecordScope } from "../record/surroundings.js";
import { type ContextIds, Contexts } from "./contexts.js";
import type { EntryRow } from "./entry-from-line.js";
import { MerkleTree } from "./merkle-tree.js";
import { TIME_BLOCK } from "./schema.js";
import { inTransaction } from "./sqlite.js";

/** A time as OpenTelemetry has it: seconds since 1970, and nanoseconds. */
export type HrTime = ReadableLogRecord["hrTime"];

/** What a journal is given of one entry. */
export interface JournalRow {
  readonly entry: AuditEntry;
  /** Its canonical line. */
  readonly line: string;
  /** When it was recorded; rises strictly with the sequence. */
  readonly time: HrTime;
  /** When it happened. */
  readonly timestampMillis: number;
  /** W3C trace flags of the span that was active. */
  readonly traceFlags: number | undefined;
  readonly resource: ReadableLogRecord["resource"];
  readonly scope: RecordScope;
}

/** One row of `entry`, as far as records are made from it. */
export interface RecordRow extends EntryRow {
  readonly seconds: number;
  readonly nanos: number;
  readonly traceFlags: number | null;
  readonly resource: number;
  readonly scope: number;
}

/** One row of `entry` as an auditor is shown it: the columns have the names that they have in the line. */
export interface EvidenceRow {
  /** Hexadecimal. */
  readonly leafHash: string;
  /** The line as a text, which may not have all of its bytes. */
  readonly text: string;
  /** How many bytes the line has. */
  readonly bytes: number;
  readonly seq: number;
  readonly timestampMillis: number;
  readonly [column: string]: unknown;
}

const KEYS = COLUMNS.map(({ key }) => key).join(", ");

const INSERT = `INSERT INTO entry (sequence, timestamp_millis, recorded_nanos, trace_flags, resource, scope, leaf_hash,
  ${KEYS}, line) VALUES (?, ?, ?, ?, ?, ?, ?, ${COLUMNS.map(() => "?").join(", ")}, ?)`;

const SUMMARISE = `INSERT INTO time_block (block, earliest_millis, latest_millis)
  SELECT ?, min(timestamp_millis), max(timestamp_millis) FROM entry WHERE sequence >= ? AND sequence <= ?`;

const RECORD = `SELECT sequence, leaf_hash AS leafHash, line, recorded_nanos / 1000000000 AS seconds,
  recorded_nanos % 1000000000 AS nanos, trace_flags AS traceFlags, resource, scope FROM entry WHERE sequence >= ?
  ORDER BY sequence LIMIT ?`;

const ROWS = `SELECT sequence, leaf_hash AS leafHash, line FROM entry WHERE sequence >= ? AND sequence < ?
  ORDER BY sequence LIMIT ?`;

const PRUNED = `SELECT sequence, leaf_hash AS leafHash FROM pruned_leaf WHERE sequence >= ?
  ORDER BY sequence LIMIT ?`;

/** Texts, since a BLOB a row takes four times as long to read (measured). */
const EVIDENCE = `SELECT lower(hex(leaf_hash)) AS leafHash, CAST(line AS TEXT) AS text, length(line) AS bytes, sequence AS seq,
  timestamp_millis AS timestampMillis, ${KEYS} FROM entry WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?`;

/** Writes the table `entry`, with the tree over it, and reads it by sequence. */
export class EntryTable {
  readonly contexts: Contexts;
  readonly tree: MerkleTree;
  readonly database: DatabaseSync;
  readonly #rows: StatementSync;
  readonly #records: StatementSync;
  #insert: StatementSync | undefined;
  #evidence: StatementSync | undefined;

  /** Of a database that is open. */
  constructor(database: DatabaseSync) {
    this.database = database;
    this.contexts = new Contexts(database);
    this.tree = new MerkleTree(database);
    this.#rows = database.prepare(ROWS);
    this.#records = database.prepare(RECORD);
  }

  /** The next sequence, and the time of recording of the newest entry; also when all were pruned. */
  end(): { readonly length: number; readonly lastTime: HrTime } {
    const row = this.database
      .prepare(
        `SELECT 1 + sequence AS length, recorded_nanos / 1000000000 AS seconds, recorded_nanos % 1000000000 AS nanos
         FROM entry WHERE sequence = (SELECT max(sequence) FROM entry)
         UNION ALL
         SELECT pruned_before, recorded_nanos / 1000000000, recorded_nanos % 1000000000
         FROM pruning WHERE pruned_before = (SELECT max(pruned_before) FROM pruning)
         ORDER BY length DESC LIMIT 1`,
      )
      .get();
    if (row === undefined) return { length: 0, lastTime: [0, 0] };
    return {
      length: Number(row["length"]),
      lastTime: [Number(row["seconds"]), Number(row["nanos"])],
    };
  }

  /** Sequences below this one were pruned. */
  prunedBefore(): number {
    const row = this.database.prepare("SELECT max(pruned_before) AS n FROM pruning").get();
    return Number(row?.["n"] ?? 0);
  }

  /** Appends entries in one transaction; what it throws, nothing was written. */
  append(rows: readonly JournalRow[]): void {
    const settled = this.contexts.settled();
    const leaves = rows.map(({ entry }) => Buffer.from(entry.leafHash, "hex"));
    const { range, subtrees } = this.tree.grown(leaves);
    const [first] = rows;
    const [leaf] = leaves;
    // a statement alone is a transaction of its own, without the cost of two more
    if (
      first &&
      leaf &&
      rows.length === 1 &&
      settled.length + subtrees.length === 0 &&
      !endsBlock(first)
    ) {
      const known = this.contexts.known(first.resource, first.scope);
      if (known !== undefined) {
        this.#write(first, leaf, known);
        this.tree.keep(range);
        return;
      }
    }
    const met: [JournalRow, ContextIds][] = [];
    inTransaction(this.database, () => {
      for (const [index, row] of rows.entries()) {
        const known = this.contexts.known(row.resource, row.scope);
        const ids = known ?? this.contexts.store(row.resource, row.scope);
        if (known === undefined) met.push([row, ids]);
        this.#write(row, leaves[index] as Buffer, ids);
        if (endsBlock(row)) this.#summarise(row.entry.sequence);
      }
      this.tree.store(subtrees);
      for (const other of settled) this.contexts.settle(other);
    });
    this.tree.keep(range);
    for (const [{ resource, scope }, ids] of met) this.contexts.learn(resource, scope, ids);
  }

  /** Stores what was detected about resources since their last entry. */
  settle(): void {
    for (const resource of this.contexts.settled()) this.contexts.settle(resource);
  }

  /** The ids of the resource and scope of the newest entry. */
  newestContexts(): ContextIds | undefined {
    const row = this.database
      .prepare("SELECT resource, scope FROM entry ORDER BY sequence DESC LIMIT 1")
      .get();
    return row && { resource: Number(row["resource"]), scope: Number(row["scope"]) };
  }

  /** Rows of a run of sequences, at most so many. */
  rows(first: number, end: number, limit: number): EntryRow[] {
    return this.#rows.all(first, end, limit) as unknown as EntryRow[];
  }

  /** Leaf hashes of pruned entries from a sequence on, at most so many. */
  prunedLeaves(first: number, limit: number): Pick<EntryRow, "sequence" | "leafHash">[] {
    return this.database.prepare(PRUNED).all(first, limit) as unknown as Pick<
      EntryRow,
      "sequence" | "leafHash"
    >[];
  }

  /** Rows of a run of sequences with all that stands beside the line under a name of the line's, at most so many. */
  evidence(first: number, end: number, limit: number): EvidenceRow[] {
    this.#evidence ??= this.database.prepare(EVIDENCE);
    return this.#evidence.all(first, end, limit) as unknown as EvidenceRow[];
  }

  /** Rows from a sequence on, with what a record needs. */
  records(first: number, limit: number): RecordRow[] {
    return this.#records.all(first, limit) as unknown as RecordRow[];
  }

  #write(
    { entry, line, time, timestampMillis, traceFlags }: JournalRow,
    leaf: Uint8Array,
    ids: ContextIds,
  ): void {
    this.#insert ??= this.database.prepare(INSERT);
    this.#insert.run(
      entry.sequence,
      timestampMillis,
      nanosOf(...time),
      traceFlags ?? null,
      ids.resource,
      ids.scope,
      leaf,
      ...COLUMNS.map(({ name }) => entry[name] ?? null),
      Buffer.from(line),
    );
  }

  #summarise(sequence: number): void {
    const first = sequence + 1 - TIME_BLOCK;
    this.database.prepare(SUMMARISE).run(first / TIME_BLOCK, first, sequence);
  }
}

function endsBlock({ entry }: JournalRow): boolean {
  return (entry.sequence + 1) % TIME_BLOCK === 0;
}
