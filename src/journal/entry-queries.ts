import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { COLUMNS, type ColumnName } from "../entry/columns.js";
import type { ColumnCondition, ParsedQuery } from "../query/audit-query.js";
import type { EntryRow } from "./entry-from-line.js";
import { TIME_BLOCK } from "./schema.js";

/** The columns of the table `entry` by their names in the API. */
const KEYS = Object.fromEntries(COLUMNS.map(({ name, key }) => [name, key])) as Readonly<
  Record<ColumnName, string>
>;

/** Conditions are compared by how many entries they match, up to so many. */
const PROBE = 500;

/** Kept statements; a query has one of some hundred shapes. */
const MAX_STATEMENTS = 256;

interface Where {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/**
 * Puts queries to the table `entry`. The index of the rarest condition leads, and gives the order by sequence for
 * nothing; SQLite itself would have to guess, without statistics, which one that is.
 */
export class EntryQueries {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Queries of a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The rows of a query in its order, at most its limit. */
  select(query: ParsedQuery): EntryRow[] {
    if (query.limit === 0) return [];
    const where = this.#where(query);
    if (where === undefined) return [];
    const order = query.newestFirst ? "DESC" : "ASC";
    const sql = `SELECT sequence, leaf_hash AS leafHash, line FROM entry ${where.sql} ORDER BY sequence ${order} LIMIT ?`;
    return this.#prepare(sql).all(...where.values, query.limit) as unknown as EntryRow[];
  }

  /** How many entries a query matches, its limit aside. */
  count(query: ParsedQuery): number {
    if (isRange(query)) return this.#countRange(query);
    const where = this.#where(query);
    if (where === undefined) return 0;
    return Number(
      this.#prepare(`SELECT count(*) AS n FROM entry ${where.sql}`).get(...where.values)?.["n"],
    );
  }

  /** Sequences have no holes, so a run of them is counted by its ends. */
  #countRange({ after, before }: ParsedQuery): number {
    const ends = this.#prepare(
      "SELECT (SELECT min(sequence) FROM entry) AS first, (SELECT max(sequence) FROM entry) AS last",
    ).get();
    if (ends === undefined || ends["first"] === null) return 0;
    const first = Math.max(Number(ends["first"]), after + 1);
    return Math.max(0, Math.min(Number(ends["last"]), before - 1) - first + 1);
  }

  /** Undefined when a condition matches nothing. */
  #where(query: ParsedQuery): Where | undefined {
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    const [first, last] = this.#sequences(query);
    if (first > last) return undefined;
    const lead = this.#rarest(query.columns, first, last, query.newestFirst);
    if (lead === "never") return undefined;
    for (const condition of query.columns) {
      // the unary plus keeps SQLite from taking another index
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
   * The condition that fewest entries meet, "never" when none does. Of those that many meet, the one whose first so many
   * reach the farthest: its matches lie thinnest where the query looks first.
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
         FROM (SELECT sequence FROM entry INDEXED BY entry_by_${name} WHERE ${name} = ? AND sequence >= ? AND sequence <= ?
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
   * The first and the last sequence that can match. Timestamps need not rise with the sequence, so a time is looked up
   * among the time ranges of blocks; entries after the last whole block always can.
   */
  #sequences(query: ParsedQuery): [first: number, last: number] {
    const { sinceMillis, untilMillis } = query;
    let first = query.after + 1;
    let last = query.before - 1;
    if (isTimeless(query)) return [first, last];
    const found = this.#prepare(
      `SELECT coalesce(
           (SELECT min(block) FROM time_block WHERE latest_millis >= :since AND earliest_millis < :until),
           (SELECT max(block) + 1 FROM time_block), 0) AS first,
         (SELECT max(block) FROM time_block) AS newest,
         (SELECT max(block) FROM time_block WHERE latest_millis >= :since AND earliest_millis < :until) AS last,
         EXISTS (SELECT 1 FROM entry WHERE sequence >= :size * coalesce((SELECT max(block) + 1 FROM time_block), 0)
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
