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

/** The canonical line as a text. */
const TEXT = "CAST(line AS TEXT)";

/** Up to how many matching entries are counted to find the rarest condition. */
const PROBE = 500;

/** The least number of entries that are counted so for each value of a condition. */
const LEAST_PROBE = 16;

/** How many values one statement merges. SQLite takes up to 500 (SQLITE_MAX_COMPOUND_SELECT). */
const MERGED = 100;

/** How many prepared statements are kept. Queries have some hundred shapes. */
const MAX_STATEMENTS = 256;

/** How many values of a column are read at a time. */
const VALUES_PAGE = 1000;

/** Values by the names of their parameters. */
type Parameters = Record<string, SQLInputValue>;

/** How a query is answered. */
interface Plan {
  /** The condition whose index leads. */
  readonly lead: ColumnCondition | undefined;
  /** The other conditions. */
  readonly conditions: readonly string[];
  readonly parameters: Readonly<Parameters>;
}

/**
 * Answers queries from the table `entry`. The index of the rarest condition leads, and its rows
 * come in the order of their sequences. SQLite has no statistics, and would have to guess the
 * index.
 *
 * If the leading condition has several values, there is one SELECT for each, and SQLite merges
 * their rows. For `column IN (…)` it would read and sort all rows that match before it returns the
 * first one.
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
    const plan = this.#plan(query);
    if (plan === undefined) return [];
    const values = plan.lead?.values ?? [undefined];
    let rows: EntryRow[] = [];
    for (let first = 0; first < values.length; first += MERGED)
      rows.push(...this.#merged(plan, values.slice(first, first + MERGED), query));
    if (values.length > MERGED) {
      const sign = query.newestFirst ? -1 : 1;
      rows.sort((a, b) => (a.sequence - b.sequence) * sign);
      rows = rows.slice(0, query.limit);
    }
    return rows.map((row) => entryFromRow(row, this.#logId).entry);
  }

  /** The rows of some values of the leading condition, in the order of the query. */
  #merged(
    { lead, conditions, parameters }: Plan,
    values: readonly (string | undefined)[],
    { newestFirst, limit }: ParsedQuery,
  ): EntryRow[] {
    const bound: Parameters = { ...parameters, limit };
    const terms = values.map((value, at) => {
      let own = conditions;
      if (lead !== undefined && value !== undefined) {
        bound[`lead${at}`] = value;
        own = [`${KEYS[lead.column]} = :lead${at}`, ...conditions];
      }
      return `SELECT sequence, leaf_hash AS leafHash, line FROM entry ${whereOf(lead, own)}`;
    });
    const sql = `${terms.join(" UNION ALL ")}
      ORDER BY sequence ${newestFirst ? "DESC" : "ASC"} LIMIT :limit`;
    return this.#prepare(sql).all(bound) as unknown as EntryRow[];
  }

  /** How many entries a query matches, whatever its limit. */
  count(query: ParsedQuery): number {
    if (isRange(query)) return this.#countRange(query);
    const plan = this.#plan(query);
    if (plan === undefined) return 0;
    const { lead } = plan;
    const parameters = { ...plan.parameters };
    const conditions =
      lead === undefined
        ? plan.conditions
        : [oneOf(KEYS[lead.column], lead, parameters), ...plan.conditions];
    const sql = `SELECT count(*) AS n FROM entry ${whereOf(lead, conditions)}`;
    return Number(this.#prepare(sql).get(parameters)?.["n"]);
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

  /** Undefined when one of the conditions matches nothing. */
  #plan(query: ParsedQuery): Plan | undefined {
    const [first, last] = this.#sequences(query);
    if (first > last) return undefined;
    const lead = this.#rarest(query.columns, first, last, query.newestFirst);
    if (lead === "never") return undefined;
    const conditions: string[] = [];
    const parameters: Parameters = {};
    const add = (condition: string, name: string, value: SQLInputValue): void => {
      conditions.push(`${condition} :${name}`);
      parameters[name] = value;
    };
    // The unary plus keeps SQLite from using another index.
    for (const condition of query.columns)
      if (condition !== lead)
        conditions.push(oneOf(`+${KEYS[condition.column]}`, condition, parameters));
    if (first > 0) add("sequence >=", "first", first);
    if (last < Number.POSITIVE_INFINITY) add("sequence <=", "last", last);
    if (query.sinceMillis !== Number.NEGATIVE_INFINITY)
      add("timestamp_millis >=", "since", query.sinceMillis);
    if (query.untilMillis !== Number.POSITIVE_INFINITY)
      add("timestamp_millis <", "until", query.untilMillis);
    // The operator answers the JSON as the line has it, and a canonical line has one form of it.
    // These come last, since they read the line.
    if (query.traceId !== undefined)
      add(`${TEXT} -> '$.trace_id' =`, "trace", JSON.stringify(query.traceId));
    for (const [at, { key, value }] of query.details.entries()) {
      parameters[`path${at}`] = `$.details.${JSON.stringify(key)}`;
      add(`${TEXT} -> :path${at} =`, `detail${at}`, JSON.stringify(value));
    }
    return { lead, conditions, parameters };
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
    if (columns.some(({ values }) => values.length === 0)) return "never";
    if (columns.length < 2) return columns[0];
    let rarest: ColumnCondition | undefined;
    let widest = -1;
    for (const condition of columns) {
      const { found, width } = this.#probe(condition, first, last, newestFirst);
      if (found === 0) return "never";
      if (width <= widest) continue;
      widest = width;
      rarest = condition;
    }
    return rarest;
  }

  /**
   * Looks at the first matches of a condition.
   *
   * @returns How many were found, and how many sequences hold {@link PROBE} of them. If there are
   * few in all, the width is larger than for any condition with many, and the largest for the
   * fewest.
   */
  #probe(
    { column, values }: ColumnCondition,
    first: number,
    last: number,
    newestFirst: boolean,
  ): { readonly found: number; readonly width: number } {
    const name = KEYS[column];
    const most = Math.max(LEAST_PROBE, Math.ceil(PROBE / values.length));
    const statement = this.#prepare(
      `SELECT count(*) AS found, max(sequence) - min(sequence) AS span
       FROM (SELECT sequence FROM entry INDEXED BY entry_by_${name}
         WHERE ${name} = ? AND sequence >= ? AND sequence <= ?
         ORDER BY sequence ${newestFirst ? "DESC" : "ASC"} LIMIT ?)`,
    );
    let found = 0;
    let density = 0;
    for (const value of values) {
      const probe = statement.get(value, first, last, most);
      const count = Number(probe?.["found"]);
      found += count;
      if (count === most) density += count / Number(probe?.["span"]);
    }
    return { found, width: density === 0 ? Number.MAX_SAFE_INTEGER - found : PROBE / density };
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

function whereOf(lead: ColumnCondition | undefined, conditions: readonly string[]): string {
  if (conditions.length === 0) return "";
  const index = lead === undefined ? "NOT INDEXED" : `INDEXED BY entry_by_${KEYS[lead.column]}`;
  return `${index} WHERE ${conditions.join(" AND ")}`;
}

/** The condition in SQL; its values become parameters. */
function oneOf(
  column: string,
  { column: name, values }: ColumnCondition,
  parameters: Parameters,
): string {
  const names = values.map((value, at) => {
    parameters[`${name}${at}`] = value;
    return `:${name}${at}`;
  });
  return names.length === 1 ? `${column} = ${names[0]}` : `${column} IN (${names.join(", ")})`;
}

function isTimeless({ sinceMillis, untilMillis }: ParsedQuery): boolean {
  return sinceMillis === Number.NEGATIVE_INFINITY && untilMillis === Number.POSITIVE_INFINITY;
}

function isRange(query: ParsedQuery): boolean {
  return (
    query.columns.length === 0 &&
    query.details.length === 0 &&
    query.traceId === undefined &&
    isTimeless(query)
  );
}
