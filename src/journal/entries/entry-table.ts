import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { AuditEntry } from "../../entry/audit-entry.js";
import { COLUMNS } from "../../entry/columns.js";
import { MAX_LINE_BYTES } from "../../entry/line.js";
import type { EarlierTimes } from "../../record/recorded-times.js";
import { nanosOf } from "../../record/sealed-record.js";
import type { RecordScope } from "../../record/surroundings.js";
import { BLOCK, RECORDED } from "../file/schema.js";
import { inTransaction, journalFailed, notInserted } from "../file/sqlite.js";
import { type ContextIds, Contexts } from "./contexts.js";
import { type EntryRow, entryFromRow, lineOfRow, type NewestEntry } from "./entry-row.js";
import { writePostings } from "./postings.js";

/** A time as OpenTelemetry has it: seconds since 1970, and nanoseconds. */
export type HrTime = ReadableLogRecord["hrTime"];

/** An entry, with all that a journal stores of it. */
export interface JournalRow {
  readonly entry: AuditEntry;
  /** Its canonical line. */
  readonly line: string;
  /** When it was recorded. It rises with the sequence, as `RecordedTimes` says. */
  readonly time: HrTime;
  /** When it happened. */
  readonly timestampMillis: number;
  /** W3C trace flags of the span that was active. */
  readonly traceFlags: number | undefined;
  readonly resource: ReadableLogRecord["resource"];
  readonly scope: RecordScope;
  /**
   * If the caller gave the id of the entry: the details that the option `about` of its log added.
   */
  readonly ofOption?: readonly string[] | undefined;
}

/** The columns of a row of `entry` that records are made from. */
export interface RecordRow extends EntryRow {
  readonly seconds: number;
  readonly nanos: number;
  readonly traceFlags: number | null;
  readonly resource: number;
  readonly scope: number;
}

/**
 * A row of `entry` for an auditor. As an array, it takes less time to read than as an object
 * (measured).
 */
export type EvidenceRow = readonly [
  sequence: number,
  /** Hexadecimal. */
  leafHash: string,
  /** The line as a text, which may lack bytes of it. It is cut where no line is so long. */
  text: string,
  /** How many bytes the line has. */
  bytes: number,
  /** When it was recorded, in whole seconds since 1970, and the nanoseconds beyond them. */
  seconds: number,
  nanos: number,
  /** Null for a number beyond all times. */
  timestampMillis: number | null,
  /** The columns in the order of `COLUMNS`. */
  ...columns: unknown[],
];

/** A row of `pruned_leaf`. */
export interface PrunedRow extends Omit<EntryRow, "line"> {
  /** The time before which it was recorded, as the record of its pruning says. */
  readonly recordedBefore: string | null;
}

const KEYS = COLUMNS.map(({ key }) => key).join(", ");

const INSERT = `INSERT INTO entry (sequence, timestamp_millis, recorded_nanos, trace_flags,
  resource, scope, leaf_hash, ${KEYS}, line)
  VALUES (?, ?, ?, ?, ?, ?, ?, ${COLUMNS.map(() => "?").join(", ")}, ?)`;

const SUMMARISE = `INSERT INTO time_block (block, earliest_millis, latest_millis)
  SELECT ?, min(timestamp_millis), max(timestamp_millis) FROM entry
  WHERE sequence >= ? AND sequence <= ?`;

/** No entry has it, or a larger one: a JavaScript number could not hold the next. */
const NO_SEQUENCE = Number.MAX_SAFE_INTEGER;

/** The last millisecond that a `Date` can have (ECMA-262, Time Values and Time Range). */
const MAX_DATE = 8_640_000_000_000_000;

const END = `SELECT 1 + sequence AS length, ${RECORDED}
  FROM entry WHERE sequence = (SELECT max(sequence) FROM entry WHERE sequence < ${NO_SEQUENCE})
  UNION ALL
  SELECT pruned_before, ${RECORDED}
  FROM pruning WHERE pruned_before =
    (SELECT max(pruned_before) FROM pruning WHERE pruned_before < ${NO_SEQUENCE})
  ORDER BY length DESC LIMIT 1`;

const ROWS = `SELECT sequence, leaf_hash AS leafHash, line FROM entry
  WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?`;

const RECORDS = `SELECT sequence, leaf_hash AS leafHash, line, ${RECORDED},
    trace_flags AS traceFlags, resource, scope
  FROM entry WHERE sequence >= ? ORDER BY sequence LIMIT ?`;

const PRUNED = `SELECT sequence, leaf_hash AS leafHash, (SELECT older_than FROM pruning
    WHERE pruned_before > sequence ORDER BY pruned_before LIMIT 1) AS recordedBefore
  FROM pruned_leaf
  WHERE sequence >= ? ORDER BY sequence LIMIT ?`;

/** It reads texts: a row with a BLOB takes four times as long to read (measured). */
const evidenceSql = (columns: string): string => `SELECT sequence,
    lower(hex(leaf_hash)) AS leafHash, CAST(iif(length(line) > ${MAX_LINE_BYTES},
      substr(line, 1, ${MAX_LINE_BYTES + 1}), line) AS TEXT) AS text,
    length(line) AS bytes, ${RECORDED},
    iif(timestamp_millis BETWEEN -${MAX_DATE} AND ${MAX_DATE}, timestamp_millis, NULL) AS millis,
    ${columns}
  FROM entry WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?`;

/** The same for rows of which a column is too long for a string of JavaScript: without it. */
const EVIDENCE_WITHOUT_LONG: string = evidenceSql(
  COLUMNS.map(({ key }) => `iif(octet_length(${key}) > ${MAX_LINE_BYTES}, NULL, ${key})`).join(),
);

/** Null for none, and for one that is too long for a string of JavaScript. */
const EXACT_COLUMNS = `SELECT ${COLUMNS.map(
  ({ key }) => `CASE WHEN octet_length(${key}) <= ${MAX_LINE_BYTES} THEN hex(${key}) END`,
).join(", ")} FROM entry WHERE sequence = ?`;

/** Node has it from 22.16 and 24.0 on. The typings are those of 22.15. */
export interface WithArrays {
  setReturnArrays?(enabled: boolean): void;
}

/** How many lines are read at a time. */
const LINES = 512;

/** The query for `n`, how many rows come before a sequence. */
export function countBefore(end: number): string {
  return `SELECT count(*) AS n FROM entry WHERE sequence < ${end}`;
}

/** Undefined where they cannot be read, as for a value that is too long for a string. */
function allOf(statement: StatementSync, ...values: number[]): object[] | undefined {
  try {
    return statement.all(...values);
  } catch {
    return undefined;
  }
}

/** Writes the table `entry`, and reads it by sequence. */
export class EntryTable {
  /** The resources and scopes that the rows name. */
  readonly contexts: Contexts;
  readonly #database: DatabaseSync;
  readonly #logId: string;
  readonly #rows: StatementSync;
  readonly #records: StatementSync;
  #insert: StatementSync | undefined;
  #evidence: StatementSync | undefined;
  #exact: StatementSync | undefined;

  /** The table of a database that is open. */
  constructor(database: DatabaseSync, logId: string) {
    this.contexts = new Contexts(database);
    this.#database = database;
    this.#logId = logId;
    this.#rows = database.prepare(ROWS);
    this.#records = database.prepare(RECORDS);
  }

  /**
   * The next sequence, and when the newest entry was recorded. Both are known even when all entries
   * were pruned.
   */
  end(): { readonly length: number; readonly lastTime: HrTime } {
    const row = this.#database.prepare(END).get();
    if (row === undefined) return { length: 0, lastTime: [0, 0] };
    return {
      length: Number(row["length"]),
      lastTime: [Number(row["seconds"]), Number(row["nanos"])],
    };
  }

  /** The first sequence that was not pruned. */
  prunedBefore(): number {
    const row = this.#database
      .prepare(
        `SELECT max(pruned_before) AS n FROM pruning
         WHERE pruned_before >= 0 AND pruned_before < ${NO_SEQUENCE}`,
      )
      .get();
    return Number(row?.["n"] ?? 0);
  }

  /**
   * Appends entries in one transaction. If it throws, nothing was written.
   *
   * @param leaves - Their leaf hashes.
   * @param alongside - Writes what belongs to them, in the same transaction.
   */
  append(rows: readonly JournalRow[], leaves: readonly Uint8Array[], alongside?: () => void): void {
    const settled = this.contexts.settled();
    const [row] = rows;
    if (row && rows.length === 1 && settled.length === 0 && !alongside && !endsBlock(row)) {
      const ids = this.contexts.known(row.resource, row.scope);
      if (ids !== undefined) {
        // One statement is a transaction of its own. BEGIN and COMMIT would cost two more.
        this.#write(row, leaves[0] as Uint8Array, ids);
        return;
      }
    }
    const met: [JournalRow, ContextIds][] = [];
    inTransaction(this.#database, () => {
      for (const [index, row] of rows.entries()) {
        const known = this.contexts.known(row.resource, row.scope);
        const ids = known ?? this.contexts.store(row.resource, row.scope);
        if (known === undefined) met.push([row, ids]);
        this.#write(row, leaves[index] as Uint8Array, ids);
        if (endsBlock(row)) this.#summarise(row.entry.sequence);
      }
      alongside?.();
      if (settled.length > 0) this.contexts.update(settled);
    });
    this.contexts.forget(settled);
    for (const [{ resource, scope }, ids] of met) this.contexts.learn(resource, scope, ids);
  }

  /** The ids of the resource and scope of the newest entry. */
  newestContexts(): ContextIds | undefined {
    const row = this.#database
      .prepare("SELECT resource, scope FROM entry ORDER BY sequence DESC LIMIT 1")
      .get();
    return row && { resource: Number(row["resource"]), scope: Number(row["scope"]) };
  }

  /** The entry of a sequence, if it is there. */
  at(sequence: number): AuditEntry | undefined {
    const [row] = this.rows(sequence, sequence + 1, 1);
    return row && entryFromRow(row, this.#logId).entry;
  }

  /** The entries of [first, end), with what memory needs beside them. */
  between(first: number, end: number): NewestEntry[] {
    return this.rows(first, end, end - first).map((row) => {
      const { entry, timestampMillis, bytes } = entryFromRow(row, this.#logId);
      return { entry, timestampMillis, bytes };
    });
  }

  /**
   * The lines of [first, end), oldest first.
   *
   * @param reading - Runs each read.
   * @throws `AuditError` `journal_failed` when an entry is not there.
   */
  *lines(
    first: number,
    end: number,
    reading: <T>(work: () => T) => T,
  ): Generator<string, void, undefined> {
    for (let next = first; next < end; ) {
      const rows = reading(() => this.rows(next, end, LINES));
      if (rows[0]?.sequence !== next)
        throw journalFailed(
          `the entry of sequence ${next} is not there. If it was pruned just now, read again; if ` +
            "not, restore the journal from a backup",
        );
      for (const row of rows) yield lineOfRow(row);
      next += rows.length;
    }
  }

  /** The rows of [first, end), at most `limit`. */
  rows(first: number, end: number, limit: number): EntryRow[] {
    return this.#rows.all(first, end, limit) as unknown as EntryRow[];
  }

  /** The rows from a sequence on, at most `limit`, with what records need. */
  records(first: number, limit: number): RecordRow[] {
    return this.#records.all(first, limit) as unknown as RecordRow[];
  }

  /**
   * The columns of an entry, byte for byte, in the order of `COLUMNS`. What is no text is bytes. As
   * a text, bytes that are none would be U+FFFD, and Node 22 reads only up to the first NUL.
   */
  exactColumns(sequence: number): readonly unknown[] {
    this.#exact ??= this.#arrays(EXACT_COLUMNS);
    return Object.values(this.#exact.get(sequence) ?? {}).map((hex) => {
      if (hex === null) return null;
      const bytes = Buffer.from(String(hex), "hex");
      const text = bytes.toString();
      return Buffer.from(text).equals(bytes) ? text : bytes;
    });
  }

  /** The rows of [first, end), at most `limit`, for an auditor. */
  evidence(first: number, end: number, limit: number): EvidenceRow[] {
    this.#evidence ??= this.#arrays(evidenceSql(KEYS));
    const rows = allOf(this.#evidence, first, end, limit);
    const found = rows ?? this.#arrays(EVIDENCE_WITHOUT_LONG).all(first, end, limit);
    return found.map((row) => (Array.isArray(row) ? row : Object.values(row)) as never);
  }

  #arrays(sql: string): StatementSync {
    const statement = this.#database.prepare(sql);
    (statement as WithArrays).setReturnArrays?.(true);
    return statement;
  }

  /**
   * When the entries of before a sequence were recorded.
   *
   * @param reading - Runs each read.
   */
  earlierTimes(end: number, reading: <T>(work: () => T) => T): EarlierTimes {
    const prunedTime = (): HrTime => this.prunedTime();
    const times = (sql: string, sequence: number): HrTime[] =>
      this.#database
        .prepare(`SELECT ${RECORDED} FROM entry WHERE sequence < ? ORDER BY sequence ${sql}`)
        .all(sequence)
        .map(({ seconds, nanos }) => [Number(seconds), Number(nanos)]);
    return {
      get earliest() {
        return reading(() => {
          const pruned = prunedTime();
          return pruned[0] > 0 ? pruned : (times("LIMIT 1", end)[0] ?? pruned);
        });
      },
      *back() {
        for (let before = end; ; ) {
          const page = reading(() => times(`DESC LIMIT ${LINES}`, before));
          yield* page;
          if (page.length < LINES) break;
          before -= LINES;
        }
        const pruned = reading(prunedTime);
        if (pruned[0] > 0) yield pruned;
      },
    };
  }

  /** When the newest pruned entry was recorded; `[0, 0]` when there is none. */
  prunedTime(): HrTime {
    const row = this.#database
      .prepare(`SELECT ${RECORDED} FROM pruning ORDER BY pruned_before DESC LIMIT 1`)
      .get();
    return row === undefined ? [0, 0] : [Number(row["seconds"]), Number(row["nanos"])];
  }

  /** The leaf hashes of pruned entries from a sequence on, at most `limit`. */
  prunedLeaves(first: number, limit: number): PrunedRow[] {
    return this.#database.prepare(PRUNED).all(first, limit) as unknown as PrunedRow[];
  }

  #write(
    { entry, line, time, timestampMillis, traceFlags }: JournalRow,
    leaf: Uint8Array,
    ids: ContextIds,
  ): void {
    this.#insert ??= this.#database.prepare(INSERT);
    const { changes } = this.#insert.run(
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
    if (changes !== 1) throw notInserted("entry");
  }

  #summarise(sequence: number): void {
    const first = sequence + 1 - BLOCK;
    this.#database.prepare(SUMMARISE).run(first / BLOCK, first, sequence);
    writePostings(this.#database, first / BLOCK);
  }
}

function endsBlock({ entry }: JournalRow): boolean {
  return (entry.sequence + 1) % BLOCK === 0;
}
