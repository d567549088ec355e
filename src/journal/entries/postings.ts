import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COLUMNS, type ColumnName, INDEXED_COLUMNS } from "../../entry/columns.js";
import type { ColumnCondition } from "../../query/audit-query.js";
import { BLOCK } from "../file/schema.js";

/** The columns of the table `entry` by their names in the API. */
export const KEYS: Readonly<Record<ColumnName, string>> = Object.fromEntries(
  COLUMNS.map(({ name, key }) => [name, key]),
) as Record<ColumnName, string>;

/** How many entries of a block stand in one part of its places, each as one bit. */
export const PART = 16;

/** Of the character for 0. A part has five characters: its number, then four times four bits. */
export const ZERO = 48;
export const CHARACTERS = 5;

/** Entries by their sequences, from the first to the last. None if the last is less. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** The entries of a block that meet conditions: at least one. */
export interface Found {
  readonly block: number;
  /** One bit for each entry of the block, {@link PART} of them in a number. */
  readonly bits: Uint16Array;
  /** How many they are. */
  readonly number: number;
}

interface PostingRow {
  readonly block: number;
  /** Of the entries in it: {@link CHARACTERS} characters for each part that has one. */
  readonly places: string;
}

/** How many blocks are read at a time: few at first, since most queries end soon. */
const LEAST_BLOCKS = 4;
const MOST_BLOCKS = 1024;

/** Up to how many blocks are counted to find the rarest condition. */
const PROBE = 128;

/**
 * The postings of a block in SQL: for each value that a column has in it, the places of its entries
 * in the block. They are written from this query. `verify` compares them: see `PostingSums`.
 *
 * @param block - An SQL expression.
 */
export function postingsOf(block: string): string {
  const values = INDEXED_COLUMNS.map(
    ({ key }) => `SELECT '${key}' AS column, ${key} AS value, sequence FROM entry
      WHERE sequence >= ${block} * ${BLOCK} AND sequence < (${block} + 1) * ${BLOCK}
        AND ${key} IS NOT NULL`,
  );
  const digits = ["part", "(bits >> 12)", "(bits >> 8 & 15)", "(bits >> 4 & 15)", "(bits & 15)"];
  const text = `char(${digits.map((digit) => `${ZERO} + ${digit}`).join(", ")})`;
  const parts = `SELECT column, value, sequence % ${BLOCK} / ${PART} AS part,
      sum(1 << sequence % ${PART}) AS bits
    FROM (${values.join(" UNION ALL ")}) GROUP BY column, value, part`;
  return `SELECT column, value, group_concat(${text}, '' ORDER BY part) AS places
    FROM (${parts}) GROUP BY column, value`;
}

/** Writes the postings of a block. It must have none. */
export function writePostings(database: DatabaseSync, block: number): void {
  database.exec(
    `INSERT INTO posting (column, value, block, places)
     SELECT column, value, ${block}, places FROM (${postingsOf(`${block}`)})`,
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
   * The entries that meet all conditions, block by block.
   *
   * @param conditions - At least one. Each has at least one value.
   * @param span - The entries to look at, in whole blocks.
   * @param newestFirst - The order of the blocks.
   */
  *matches(
    conditions: readonly ColumnCondition[],
    span: Span,
    newestFirst: boolean,
  ): Generator<Found, void, undefined> {
    const first = Math.floor(span.first / BLOCK);
    const last = Math.floor(span.last / BLOCK);
    const inOrder = this.#rarestFirst(conditions, first, last);
    const [lead, ...others] = inOrder.map((condition) => this.#reader(condition));
    if (lead === undefined) return;
    for (const [from, to] of windows(first, last, newestFirst)) {
      const found = Map.groupBy(lead(from, to), ({ block }) => block);
      // Where the first condition is in many blocks, the others are read for all of them at once.
      const isDense = found.size * 4 > to - from;
      const more = others.map((read) =>
        Map.groupBy(isDense ? read(from, to) : [], ({ block }) => block),
      );
      for (const [block, rows] of [...found].sort(([a], [b]) => (newestFirst ? b - a : a - b))) {
        let bits = bitsOf(rows);
        for (const [index, read] of others.entries())
          bits = inBoth(bits, bitsOf(isDense ? more[index]?.get(block) : read(block, block)));
        bits = within(span, block, bits);
        const number = numberOf(bits);
        if (number > 0) yield { block, bits, number };
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

/** The entries of a block that have one of these postings, by parts. */
function bitsOf(rows: readonly PostingRow[] = []): Uint16Array {
  const bits = new Uint16Array(BLOCK / PART);
  for (const { places } of rows)
    for (let at = 0; at < places.length; at += CHARACTERS) {
      const part = places.charCodeAt(at) - ZERO;
      let own = 0;
      for (let next = at + 1; next < at + CHARACTERS; next++)
        own = own * 16 + places.charCodeAt(next) - ZERO;
      bits[part] = (bits[part] ?? 0) | own;
    }
  return bits;
}

function inBoth(some: Uint16Array, others: Uint16Array): Uint16Array {
  return some.map((bits, part) => bits & (others[part] ?? 0));
}

/** The bits of a block without those of entries outside a span. */
function within({ first, last }: Span, block: number, bits: Uint16Array): Uint16Array {
  const start = block * BLOCK;
  if (first <= start && last >= start + BLOCK - 1) return bits;
  return bits.map((own, part) => {
    let left = 0;
    for (let place = 0; place < PART; place++) {
      const sequence = start + part * PART + place;
      if (sequence >= first && sequence <= last) left |= own & (1 << place);
    }
    return left;
  });
}

/** How many bits are set. */
function numberOf(bits: Uint16Array): number {
  let number = 0;
  for (const own of bits) {
    // adds up neighbouring bits, then pairs of them, and so on
    const pairs = own - ((own >> 1) & 0x5555);
    const fours = (pairs & 0x3333) + ((pairs >> 2) & 0x3333);
    const eights = (fours + (fours >> 4)) & 0x0f0f;
    number += (eights + (eights >> 8)) & 0x1f;
  }
  return number;
}

/** The sequences of the entries that were found, in their order. */
export function sequencesOf({ block, bits }: Found): number[] {
  const sequences: number[] = [];
  for (let part = 0; part < bits.length; part++) {
    let sequence = block * BLOCK + part * PART;
    for (let left = bits[part] ?? 0; left > 0; left >>= 1, sequence++)
      if ((left & 1) === 1) sequences.push(sequence);
  }
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
