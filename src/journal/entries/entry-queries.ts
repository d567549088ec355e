import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { AuditEntry } from "../../entry/audit-entry.js";
import { COLUMNS, type ColumnName } from "../../entry/columns.js";
import type { ColumnCondition, ParsedQuery } from "../../query/audit-query.js";
import { TIME_BLOCK } from "../file/schema.js";
import { type EntryRow, entryFromRow } from "./entry-row.js";

/** The columns of the table `entry` by their names in the API. */
const KEYS = Object.fromEntries(COLUMNS.map(({ name, key }) => [name, key])) as Readonly<
  Record<ColumnName, string>
>;

/** Up to how many matching entries are counted to find the rarest condition. */
const PROBE = 500;

/** How many prepared statements are kept. Queries have some hundred shapes. */
const MAX_STATEMENTS = 256;

/** How many values of a column are read at a time. */
const VALUES_PAGE = 1000;

interface Where {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/**
 * Answers queries from the table `entry`. The index of the rarest condition leads, and its rows
 * come in the order of their sequences. SQLite has no statistics, and would have to guess the
 * index.
 */
export class EntryQueries {
  readonly #database: DatabaseSync;
  readonly #logId: string;
  readonly #statements = new Map<string, StatementSync>();

  /** Queries of a database that is open. */
  constructor(database: DatabaseSync, logId: string) {
    this.#database = database;
    this.#logId = logId;
  }

  /** The entries of a query in its order, at most its limit. Throws `journal_failed`. */
  select(query: ParsedQuery): AuditEntry[] {
    if (query.limit === 0) return [];
    const where = this.#where(query);
    if (where === undefined) return [];
    const order = query.newestFirst ? "DESC" : "ASC";
    const sql = `SELECT sequence, leaf_hash AS leafHash, line FROM entry ${where.sql}
      ORDER BY sequence ${order} LIMIT ?`;
    const rows = this.#prepare(sql).all(...where.values, query.limit) as unknown as EntryRow[];
    return rows.map((row) => entryFromRow(row, this.#logId).entry);
  }

  /** How many entries a query matches, whatever its limit. */
  count(query: ParsedQuery): number {
    if (isRange(query)) return this.#countRange(query);
    const where = this.#where(query);
    if (where === undefined) return 0;
    return Number(
      this.#prepare(`SELECT count(*) AS n FROM entry ${where.sql}`).get(...where.values)?.["n"],
    );
  }

  /** Counts a run of sequences by its ends: sequences have no gaps. */
  #countRange({ after, before }: ParsedQuery): number {
    const ends = this.#prepare(
      `SELECT (SELECT min(sequence) FROM entry) AS first,
         (SELECT max(sequence) FROM entry) AS last`,
    ).get();
    if (ends === undefined || ends["first"] === null) return 0;
    const first = Math.max(Number(ends["first"]), after + 1);
    return Math.max(0, Math.min(Number(ends["last"]), before - 1) - first + 1);
  }

  /**
   * The different values of a column, by their UTF-8 bytes. Jumps from one value to the next in the
   * index: the time depends on the number of values, and not on the number of entries.
   *
   * @param reading - Runs each read.
   */
  *values(
    column: ColumnName,
    reading: <T>(work: () => T) => T,
  ): Generator<string, void, undefined> {
    for (let after: string | undefined; ; ) {
      const page = reading(() => this.#valuesAfter(after, column));
      yield* page;
      if (page.length < VALUES_PAGE) return;
      after = page.at(-1);
    }
  }

  #valuesAfter(after: string | undefined, column: ColumnName): string[] {
    const key = KEYS[column];
    const next = (condition: string): string =>
      `SELECT min(${key}) FROM entry INDEXED BY entry_by_${key} WHERE ${key} ${condition}`;
    const sql = `WITH RECURSIVE held(value) AS (
        ${next(after === undefined ? ">= ''" : "> ?")}
        UNION ALL SELECT (${next("> held.value")}) FROM held WHERE held.value IS NOT NULL)
      SELECT value FROM held WHERE value IS NOT NULL LIMIT ?`;
    const bound = after === undefined ? [VALUES_PAGE] : [after, VALUES_PAGE];
    return this.#prepare(sql)
      .all(...bound)
      .map(({ value }) => String(value));
  }

  /** The conditions of a query. Undefined when one of them matches nothing. */
  #where(query: ParsedQuery): Where | undefined {
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const [first, last] = this.#sequences(query);
    if (first > last) return undefined;
    const lead = this.#rarest(query.columns, first, last, query.newestFirst);
    if (lead === "never") return undefined;
    for (const condition of query.columns) {
      // The unary plus keeps SQLite from using another index.
      conditions.push(`${condition === lead ? "" : "+"}${KEYS[condition.column]} = ?`);
      values.push(condition.value);
    }
    if (first > 0) {
      conditions.push("sequence >= ?");
      values.push(first);
    }
    if (last < Number.POSITIVE_INFINITY) {
      conditions.push("sequence <= ?");
      values.push(last);
    }
    if (query.sinceMillis !== Number.NEGATIVE_INFINITY) {
      conditions.push("timestamp_millis >= ?");
      values.push(query.sinceMillis);
    }
    if (query.untilMillis !== Number.POSITIVE_INFINITY) {
      conditions.push("timestamp_millis < ?");
      values.push(query.untilMillis);
    }
    const index = lead === undefined ? "NOT INDEXED" : `INDEXED BY entry_by_${KEYS[lead.column]}`;
    return {
      sql: conditions.length === 0 ? "" : `${index} WHERE ${conditions.join(" AND ")}`,
      values,
    };
  }

  /**
   * Finds the condition that the fewest entries match; "never" when one matches none. Among
   * conditions that many entries match, it is the one whose first matches span the most sequences.
   */
  #rarest(
    columns: readonly ColumnCondition[],
    first: number,
    last: number,
    newestFirst: boolean,
  ): ColumnCondition | undefined | "never" {
    if (columns.length < 2) return columns[0];
    let rarest: ColumnCondition | undefined;
    let widest = -1;
    for (const condition of columns) {
      const name = KEYS[condition.column];
      const probe = this.#prepare(
        `SELECT count(*) AS found, max(sequence) - min(sequence) AS span
         FROM (SELECT sequence FROM entry INDEXED BY entry_by_${name}
           WHERE ${name} = ? AND sequence >= ? AND sequence <= ?
           ORDER BY sequence ${newestFirst ? "DESC" : "ASC"} LIMIT ${PROBE})`,
      ).get(condition.value, first, last);
      const found = Number(probe?.["found"]);
      if (found === 0) return "never";
      const width = found < PROBE ? Number.MAX_SAFE_INTEGER - found : Number(probe?.["span"]);
      if (width <= widest) continue;
      widest = width;
      rarest = condition;
    }
    return rarest;
  }

  /**
   * The first and the last sequence that can match. Timestamps need not rise with the sequence, so
   * a time is looked up in the time ranges of whole blocks. The entries after the last whole block
   * are looked at one by one.
   */
  #sequences(query: ParsedQuery): [first: number, last: number] {
    const { sinceMillis, untilMillis } = query;
    let first = query.after + 1;
    let last = query.before - 1;
    if (isTimeless(query)) return [first, last];
    const found = this.#prepare(
      `SELECT coalesce(
           (SELECT min(block) FROM time_block
             WHERE latest_millis >= :since AND earliest_millis < :until),
           (SELECT max(block) + 1 FROM time_block), 0) AS first,
         (SELECT max(block) FROM time_block
           WHERE latest_millis >= :since AND earliest_millis < :until) AS last,
         EXISTS (SELECT 1 FROM entry
           WHERE sequence >= :size * coalesce((SELECT max(block) + 1 FROM time_block), 0)
             AND timestamp_millis >= :since AND timestamp_millis < :until) AS tail`,
    ).get({ since: sinceMillis, until: untilMillis, size: TIME_BLOCK });
    first = Math.max(first, Number(found?.["first"]) * TIME_BLOCK);
    if (found?.["tail"] !== 0) return [first, last];
    if (found["last"] === null) return [0, -1];
    last = Math.min(last, (Number(found["last"]) + 1) * TIME_BLOCK - 1);
    return [first, last];
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size === MAX_STATEMENTS) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function isTimeless({ sinceMillis, untilMillis }: ParsedQuery): boolean {
  return sinceMillis === Number.NEGATIVE_INFINITY && untilMillis === Number.POSITIVE_INFINITY;
}

function isRange(query: ParsedQuery): boolean {
  return query.columns.length === 0 && isTimeless(query);
}
