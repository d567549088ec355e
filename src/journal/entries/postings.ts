import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COLUMNS, type ColumnName, INDEXED_COLUMNS } from "../../entry/columns.js";
import type { ColumnCondition } from "../../query/audit-query.js";
import { BLOCK } from "../file/schema.js";

/** The columns of the table `entry` by their names in the API. */
export const KEYS: Readonly<Record<ColumnName, string>> = Object.fromEntries(
  COLUMNS.map(({ name, key }) => [name, key]),
) as Record<ColumnName, string>;

/** The first of the 32 characters from "@" to "_". Two of them say the place of an entry. */
const ZERO = 64;
const DIGITS = 32;

/** Entries by their sequences, from the first to the last. None if the last is less. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

interface PostingRow {
  readonly block: number;
  /** Of the entries in it, in two characters each. */
  readonly places: string;
}

/** How many blocks are read at a time: few at first, since most queries end soon. */
const LEAST_BLOCKS = 4;
const MOST_BLOCKS = 1024;

/** Up to how many blocks are counted to find the rarest condition. */
const PROBE = 1024;

/**
 * The postings of a block in SQL: its entries by the values of their columns, each as the place of
 * the entry in the block. They are written from this query, and compared with it by `verify`.
 *
 * @param block - An SQL expression.
 * @param order - Without one, SQLite takes half the time. It is not bound to keep the order then.
 */
export function postingsOf(block: string, order: "ORDER BY sequence" | "" = ""): string {
  const values = INDEXED_COLUMNS.map(
    ({ key }) => `SELECT '${key}' AS column, ${key} AS value, sequence FROM entry
      WHERE sequence >= ${block} * ${BLOCK} AND sequence < (${block} + 1) * ${BLOCK}
        AND ${key} IS NOT NULL`,
  );
  const place = `char(${ZERO} + sequence % ${BLOCK} / ${DIGITS}, ${ZERO} + sequence % ${DIGITS})`;
  return `SELECT column, value, group_concat(${place}, '' ${order}) AS places
    FROM (${values.join(" UNION ALL ")}) GROUP BY column, value`;
}

/** The place in SQL that a text of places begins with. */
export function placeOf(places: string): string {
  return `((unicode(${places}) - ${ZERO}) * ${DIGITS} + unicode(substr(${places}, 2)) - ${ZERO})`;
}

/** Writes the postings of a block. It must have none. */
export function writePostings(database: DatabaseSync, block: number): void {
  database.exec(
    `INSERT INTO posting (column, value, block, places)
     SELECT column, value, ${block}, places FROM (${postingsOf(`${block}`, "ORDER BY sequence")})`,
  );
}

/**
 * Finds the entries of whole blocks by their columns. As in memory, each value of a column has
 * postings: here, the places of its entries in each block.
 */
export class Postings {
  readonly #prepare: (sql: string) => StatementSync;

  /** The table `posting`. `prepare` prepares a statement of its database. */
  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  /**
   * The sequences of the entries that meet all conditions, block by block.
   *
   * @param conditions - At least one. Each has at least one value.
   * @param span - The entries to look at, in whole blocks.
   * @param newestFirst - The order of the blocks, and of the sequences in each.
   */
  *matches(
    conditions: readonly ColumnCondition[],
    span: Span,
    newestFirst: boolean,
  ): Generator<readonly number[], void, undefined> {
    const first = Math.floor(span.first / BLOCK);
    const last = Math.floor(span.last / BLOCK);
    const inOrder = this.#rarestFirst(conditions, first, last);
    const [lead, ...others] = inOrder.map((condition) => this.#reader(condition));
    if (lead === undefined) return;
    for (const [from, to] of windows(first, last, newestFirst)) {
      const blocks = new Map<number, Uint8Array>();
      for (const { block, places } of lead(from, to)) {
        const met = blocks.get(block) ?? new Uint8Array(BLOCK);
        blocks.set(block, met);
        meet(met, 0, places);
      }
      for (const [block, met] of [...blocks].sort(([a], [b]) => (newestFirst ? b - a : a - b))) {
        for (const [index, read] of others.entries())
          for (const { places } of read(block, block)) meet(met, index + 1, places);
        const sequences = sequencesOf(block, met, conditions.length, span);
        if (sequences.length > 0) yield newestFirst ? sequences.reverse() : sequences;
      }
    }
  }

  /** None when one of the conditions has no postings. */
  #rarestFirst(
    conditions: readonly ColumnCondition[],
    first: number,
    last: number,
  ): readonly ColumnCondition[] {
    if (conditions.length === 1) return conditions;
    const sized = conditions.map((condition) => {
      const sql = `SELECT count(*) AS n FROM
        (SELECT 1 FROM posting WHERE ${postingsWith(condition)} LIMIT ${PROBE})`;
      const found = this.#prepare(sql).get(...condition.values, first, last);
      return { condition, size: Number(found?.["n"]) };
    });
    if (sized.some(({ size }) => size === 0)) return [];
    return sized.sort((a, b) => a.size - b.size).map(({ condition }) => condition);
  }

  #reader(condition: ColumnCondition): (first: number, last: number) => readonly PostingRow[] {
    const statement = this.#prepare(
      `SELECT block, places FROM posting WHERE ${postingsWith(condition)}`,
    );
    return (first, last) => statement.all(...condition.values, first, last) as never;
  }
}

function postingsWith({ column, values }: ColumnCondition): string {
  const marks = values.map(() => "?").join(", ");
  return `column = '${KEYS[column]}' AND value IN (${marks}) AND block >= ? AND block <= ?`;
}

/** Counts one more condition for the entries that meet it, and have met all before it. */
function meet(met: Uint8Array, before: number, places: string): void {
  for (let at = 0; at < places.length; at += 2) {
    const high = places.charCodeAt(at) - ZERO;
    const place = high * DIGITS + places.charCodeAt(at + 1) - ZERO;
    if (met[place] === before) met[place] = before + 1;
  }
}

/** The sequences of the entries of a block that have met all conditions. */
function sequencesOf(block: number, met: Uint8Array, all: number, { first, last }: Span): number[] {
  const sequences: number[] = [];
  const start = block * BLOCK;
  const end = Math.min(BLOCK - 1, last - start);
  for (let place = Math.max(0, first - start); place <= end; place++)
    if (met[place] === all) sequences.push(start + place);
  return sequences;
}

/** Splits [first, last] into parts that grow. */
function* windows(
  first: number,
  last: number,
  newestFirst: boolean,
): Generator<readonly [from: number, to: number], void, undefined> {
  let size = LEAST_BLOCKS;
  for (let done = 0; done <= last - first; size = Math.min(size * 4, MOST_BLOCKS)) {
    const more = Math.min(size, last - first + 1 - done);
    yield newestFirst
      ? [last - done - more + 1, last - done]
      : [first + done, first + done + more - 1];
    done += more;
  }
}
