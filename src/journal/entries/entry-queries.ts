import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import type { ParsedQuery } from "../../query/audit-query.js";
import { BLOCK } from "../file/schema.js";
import { type EntryRow, entryFromRow } from "./entry-row.js";
import { KEYS, Postings, type Span, sequencesOf } from "./postings.js";

/** The canonical line as a text. */
const TEXT = "CAST(line AS TEXT)";

/** How many prepared statements are kept. Queries have some hundred shapes. */
const MAX_STATEMENTS = 256;

/** How many values of a column are read at a time. */
const VALUES_PAGE = 1000;

const ROW = "SELECT sequence, leaf_hash AS leafHash, line FROM entry";

/** The first sequence after the whole blocks. */
const TAIL = `${BLOCK} * coalesce((SELECT max(block) + 1 FROM time_block), 0)`;

const ENDS = `SELECT (SELECT min(sequence) FROM entry) AS first,
  (SELECT max(sequence) FROM entry) AS last, ${TAIL} AS tail`;

/** Timestamps need not rise with the sequence. So a time is looked up among those of the blocks. */
const BLOCKS_OF_TIME = `SELECT min(block) AS first, max(block) AS last FROM time_block
  WHERE latest_millis >= :since AND earliest_millis < :until`;

const BLOCKS_WITHIN_TIME = `SELECT block FROM time_block
  WHERE earliest_millis >= :since AND latest_millis < :until`;

const NOTHING: Span = { first: 0, last: -1 };

/** The entries of a block that match the columns of a query. */
interface InBlock {
  readonly block: number;
  readonly number: number;
  /** From the first to the last of them. */
  readonly span: () => Span;
}

/** What a query asks of a row, in SQL, with the values of the parameters. */
interface Conditions {
  readonly sql: readonly string[];
  readonly parameters: Readonly<Record<string, SQLInputValue>>;
}

/**
 * Answers queries from the table `entry`. The postings find the entries of whole blocks by their
 * columns. The entries after the whole blocks, the tail, have no postings yet, and are looked at
 * one by one. So are all entries if the query names no column.
 */
export class EntryQueries {
  readonly #database: DatabaseSync;
  readonly #logId: string;
  readonly #postings = new Postings((sql) => this.#prepare(sql));
  readonly #statements = new Map<string, StatementSync>();

  /** Queries of a database that is open. */
  constructor(database: DatabaseSync, logId: string) {
    this.#database = database;
    this.#logId = logId;
  }

  /** The entries of a query in its order, at most its limit. Throws `journal_failed`. */
  select(query: ParsedQuery): AuditEntry[] {
    const entries: AuditEntry[] = [];
    if (query.limit === 0) return entries;
    for (const row of this.#rows(query)) {
      entries.push(entryFromRow(row, this.#logId).entry);
      if (entries.length === query.limit) break;
    }
    return entries;
  }

  /** How many entries a query matches, whatever its limit. */
  count(query: ParsedQuery): number {
    const { blocks, tail } = this.#spans(query);
    const isKnown = this.#blocksWithin(query);
    let count = this.#countIn(tail, query);
    for (const { block, number, span } of this.#foundIn(blocks, query))
      count += isKnown(block) ? number : this.#countIn(span(), query);
    return count;
  }

  /**
   * The entries of [first, end) that have one of some values in a column, oldest first. It reads
   * every line: somebody may have changed the columns and postings by which `select` finds entries.
   *
   * @param values - All of one column. What they begin with in a line is looked for.
   */
  byLines(column: ColumnName, values: readonly string[], first: number, end: number): AuditEntry[] {
    const members = values.map((value) => `"${KEYS[column]}":${JSON.stringify(value)}`);
    const text = members.reduce(commonStart);
    return this.#prepare(
      `${ROW} WHERE sequence >= ? AND sequence < ? AND instr(line, ?) > 0 ORDER BY sequence`,
    )
      .all(first, end, Buffer.from(text))
      .map((row) => entryFromRow(row as unknown as EntryRow, this.#logId).entry)
      .filter((entry) => values.includes(entry[column] as string));
  }

  *#rows(query: ParsedQuery): Generator<EntryRow, void, undefined> {
    const { blocks, tail } = this.#spans(query);
    if (query.newestFirst) yield* this.#scan(tail, query);
    yield* query.columns.length > 0 ? this.#indexed(blocks, query) : this.#scan(blocks, query);
    if (!query.newestFirst) yield* this.#scan(tail, query);
  }

  *#indexed(blocks: Span, query: ParsedQuery): Generator<EntryRow, void, undefined> {
    const { sql, parameters } = restOf(query);
    const row = this.#prepare(`${ROW} WHERE ${["sequence = :sequence", ...sql].join(" AND ")}`);
    for (const match of this.#postings.matches(query.columns, blocks, query.newestFirst)) {
      const sequences = sequencesOf(match);
      for (const sequence of query.newestFirst ? sequences.reverse() : sequences) {
        const found = row.get({ ...parameters, sequence });
        if (found !== undefined) yield found as unknown as EntryRow;
      }
    }
  }

  #scan(span: Span, query: ParsedQuery): readonly EntryRow[] {
    if (lengthOf(span) === 0) return [];
    const { sql, parameters } = allOf(span, query);
    const order = query.newestFirst ? "DESC" : "ASC";
    return this.#prepare(
      `${ROW} WHERE ${sql.join(" AND ")} ORDER BY sequence ${order} LIMIT :limit`,
    ).all({ ...parameters, limit: query.limit }) as unknown as EntryRow[];
  }

  #countIn(span: Span, query: ParsedQuery): number {
    if (lengthOf(span) === 0 || matchesAll(query)) return lengthOf(span);
    const { sql, parameters } = allOf(span, query);
    const statement = this.#prepare(`SELECT count(*) AS n FROM entry WHERE ${sql.join(" AND ")}`);
    return Number(statement.get(parameters)?.["n"]);
  }

  /** In each block: how many entries match the columns, and from which to which they are. */
  *#foundIn(blocks: Span, query: ParsedQuery): Generator<InBlock, void, undefined> {
    if (query.columns.length > 0)
      for (const match of this.#postings.matches(query.columns, blocks, false)) {
        const span = (): Span => {
          const sequences = sequencesOf(match);
          return { first: sequences[0] as number, last: sequences.at(-1) as number };
        };
        yield { block: match.block, number: match.number, span };
      }
    else
      for (let { first } = blocks; first <= blocks.last; ) {
        const block = Math.floor(first / BLOCK);
        const span = { first, last: Math.min((block + 1) * BLOCK - 1, blocks.last) };
        yield { block, number: lengthOf(span), span: () => span };
        first = span.last + 1;
      }
  }

  /** Says of a block whether its entries meet all conditions but those of columns. */
  #blocksWithin(query: ParsedQuery): (block: number) => boolean {
    if (query.traceId !== undefined || query.details.length > 0) return () => false;
    if (isTimeless(query)) return () => true;
    const rows = this.#prepare(BLOCKS_WITHIN_TIME).all(timeOf(query));
    const within = new Set(rows.map(({ block }) => Number(block)));
    return (block) => within.has(block);
  }

  /** The entries that can match, in whole blocks and in the tail. */
  #spans(query: ParsedQuery): { readonly blocks: Span; readonly tail: Span } {
    const ends = this.#prepare(ENDS).get();
    if (ends?.["last"] == null || query.columns.some(({ values }) => values.length === 0))
      return { blocks: NOTHING, tail: NOTHING };
    const first = Math.max(Number(ends["first"]), query.after + 1);
    const last = Math.min(Number(ends["last"]), query.before - 1);
    const from = Number(ends["tail"]);
    const tail = { first: Math.max(first, from), last };
    if (isTimeless(query)) return { blocks: { first, last: Math.min(last, from - 1) }, tail };
    const found = this.#prepare(BLOCKS_OF_TIME).get(timeOf(query));
    if (found?.["last"] == null) return { blocks: NOTHING, tail };
    const blocks = {
      first: Math.max(first, Number(found["first"]) * BLOCK),
      last: Math.min(last, (Number(found["last"]) + 1) * BLOCK - 1),
    };
    return { blocks, tail };
  }

  /**
   * The different values of a column, by their UTF-8 bytes. Jumps from one value to the next in the
   * postings: the time depends on the number of values, and not on the number of entries.
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
    const isLater = after === undefined ? ">= ''" : "> :after";
    const next = (condition: string): string =>
      `SELECT min(value) FROM posting WHERE column = '${key}' AND value ${condition}`;
    const sql = `WITH RECURSIVE held(value) AS (
        ${next(isLater)}
        UNION ALL SELECT (${next("> held.value")}) FROM held WHERE held.value IS NOT NULL)
      SELECT value FROM (SELECT value FROM held WHERE value IS NOT NULL LIMIT ${VALUES_PAGE})
      UNION SELECT ${key} FROM entry WHERE sequence >= ${TAIL} AND ${key} ${isLater}
      ORDER BY value LIMIT ${VALUES_PAGE}`;
    return this.#prepare(sql)
      .all(after === undefined ? {} : { after })
      .map(({ value }) => String(value));
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

/** The conditions that the postings do not know. */
function restOf(query: ParsedQuery): Conditions {
  const sql: string[] = [];
  const parameters: Record<string, SQLInputValue> = {};
  const add = (condition: string, name: string, value: SQLInputValue): void => {
    sql.push(`${condition} :${name}`);
    parameters[name] = value;
  };
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
  return { sql, parameters };
}

/** All conditions, and the span. */
function allOf({ first, last }: Span, query: ParsedQuery): Conditions {
  const sql = ["sequence >= :first", "sequence <= :last"];
  const parameters: Record<string, SQLInputValue> = { first, last };
  for (const { column, values } of query.columns) {
    const names = values.map((value, at) => {
      parameters[`${column}${at}`] = value;
      return `:${column}${at}`;
    });
    sql.push(`${KEYS[column]} IN (${names.join(", ")})`);
  }
  const rest = restOf(query);
  return { sql: [...sql, ...rest.sql], parameters: { ...parameters, ...rest.parameters } };
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

function lengthOf({ first, last }: Span): number {
  return Math.max(0, last - first + 1);
}

function timeOf({ sinceMillis, untilMillis }: ParsedQuery): Record<string, SQLInputValue> {
  return { since: sinceMillis, until: untilMillis };
}

function isTimeless({ sinceMillis, untilMillis }: ParsedQuery): boolean {
  return sinceMillis === Number.NEGATIVE_INFINITY && untilMillis === Number.POSITIVE_INFINITY;
}

function matchesAll(query: ParsedQuery): boolean {
  return query.columns.length === 0 && restOf(query).sql.length === 0;
}
