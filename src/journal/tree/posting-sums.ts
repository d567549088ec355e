import { randomUUID } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COLUMNS, INDEXED_COLUMNS } from "../../entry/columns.js";
import { sha256Hex } from "../../entry/sha256.js";
import type { WithArrays } from "../entries/entry-table.js";
import { CHARACTERS, PART, ZERO } from "../entries/postings.js";
import { BLOCK } from "../file/schema.js";

/*
 * Postings say of a whole block which entries have a value in a column. To compare them with the
 * entries, both are added up, block by block: for each value in each entry, the hash of the value
 * times the weight of the place, modulo 2^32, and once more with other numbers. Hashes and weights
 * depend on random numbers that are made anew each time. So postings that differ have the same two
 * sums with a probability of less than 2^-50, whoever made them. It takes a twelfth of the time
 * that SQLite takes to make the postings again (measured).
 */

/** What {@link sumsOfPostings} needs. A thread can be given it. */
export interface SumsInput {
  readonly key: string;
  /** The columns that have postings. */
  readonly columns: readonly string[];
  /** For each place in a block, two numbers of 32 bits. */
  readonly weights: Int32Array;
  readonly block: number;
  readonly part: number;
  readonly characters: number;
  readonly zero: number;
}

/** The sums of postings. */
export interface FoundSums {
  /** A block, and its two sums; the same for the next. */
  readonly sums: readonly number[];
  /**
   * The first block that has postings as nobody writes them. It is 0 if a block has some that is
   * not whole.
   */
  readonly wrongBlock: number | undefined;
}

/** How many hashes of a column are kept, of values of at most so many characters. */
const MOST_HASHES = 16_384;
const MOST_CHARACTERS = 256;

/** The columns with postings, each with its place in a row. */
const INDEXED = INDEXED_COLUMNS.map((column) => ({ column, at: COLUMNS.indexOf(column) }));

/** The sums of the postings that a journal must have, from its entries. */
export class PostingSums {
  /** What the sums depend on. */
  readonly input: SumsInput = {
    key: randomUUID(),
    columns: INDEXED_COLUMNS.map((column) => column.key),
    weights: crypto.getRandomValues(new Int32Array(2 * BLOCK)),
    block: BLOCK,
    part: PART,
    characters: CHARACTERS,
    zero: ZERO,
  };
  /** Of the whole blocks. */
  readonly #sums = new Map<number, readonly [number, number]>();
  readonly #hashes: Map<string, readonly [number, number]>[] = INDEXED.map(() => new Map());
  /** The last value of each column, and its hash: entries in a row often share one. */
  readonly #lastValues: (string | undefined)[] = INDEXED.map(() => undefined);
  readonly #lastHashes: (readonly [number, number])[] = INDEXED.map(() => [0, 0]);
  #block = -1;
  #first = 0;
  #second = 0;

  /**
   * Adds an entry. They come in the order of their sequences.
   *
   * @param columns - A row that has the columns of a log, in the order of `COLUMNS`.
   * @param from - The place of the first of them in the row.
   */
  add(sequence: number, columns: readonly unknown[], from: number): void {
    const place = sequence % BLOCK;
    const block = (sequence - place) / BLOCK;
    if (block !== this.#block) {
      this.#block = block;
      this.#first = 0;
      this.#second = 0;
    }
    const { weights } = this.input;
    const one = weights[2 * place] ?? 0;
    const other = weights[2 * place + 1] ?? 0;
    for (let index = 0; index < INDEXED.length; index++) {
      const value = columns[from + (INDEXED[index]?.at ?? 0)];
      if (typeof value !== "string") continue;
      if (value !== this.#lastValues[index]) {
        this.#lastHashes[index] = this.#hashOf(index, value);
        this.#lastValues[index] = value;
      }
      const hash = this.#lastHashes[index] as readonly [number, number];
      this.#first = (this.#first + Math.imul(hash[0], one)) | 0;
      this.#second = (this.#second + Math.imul(hash[1], other)) | 0;
    }
    if (place === BLOCK - 1) this.#sums.set(block, [this.#first, this.#second]);
  }

  /**
   * The first sequence of the first block whose postings are not those of its entries. Undefined if
   * all are.
   *
   * @param length - How many entries there were when the reading began. Later ones may have
   * postings that are not compared.
   */
  firstDifference({ sums, wrongBlock }: FoundSums, length: number): number | undefined {
    const wrong = wrongBlock === undefined ? [] : [wrongBlock];
    const left = new Map(this.#sums);
    for (let at = 0; at < sums.length; at += 3) {
      const block = sums[at] as number;
      const must = left.get(block);
      left.delete(block);
      if (must === undefined && (block + 1) * BLOCK > length) continue;
      if (must?.[0] !== sums[at + 1] || must?.[1] !== sums[at + 2]) wrong.push(block);
    }
    const first = [...wrong, ...left.keys()].reduce((a, b) => Math.min(a, b), Infinity);
    return first === Infinity ? undefined : first * BLOCK;
  }

  #hashOf(index: number, value: string): readonly [number, number] {
    const hashes = this.#hashes[index] as Map<string, readonly [number, number]>;
    let hash = hashes.get(value);
    if (hash === undefined) {
      const hex = sha256Hex(`${this.input.key}${INDEXED[index]?.column.key}\0${value}`);
      hash = [Number.parseInt(hex.slice(0, 8), 16) | 0, Number.parseInt(hex.slice(8, 16), 16) | 0];
      if (hashes.size >= MOST_HASHES) hashes.clear();
      if (value.length <= MOST_CHARACTERS) hashes.set(value, hash);
    }
    return hash;
  }
}

/**
 * Adds up the postings that a journal has. It is sent to a thread as a text, so it uses no name of
 * this module.
 *
 * @param hashOf - Node's `crypto.hash`.
 */
export function sumsOfPostings(
  database: DatabaseSync,
  { key, columns, weights, block: size, part: width, characters, zero }: SumsInput,
  hashOf: typeof import("node:crypto").hash,
): FoundSums {
  const sums = new Map<number, [number, number]>();
  let wrongBlock: number | undefined;
  let column: string | null = null;
  let value = "";
  let first = 0;
  let second = 0;
  const statement = database.prepare(
    // Only plain ASCII is read as it is: bytes that are no text, and what follows a NUL, would be
    // lost. Names are compared by SQLite, which compares every byte.
    `SELECT CASE WHEN column IN (${columns.map((name) => `'${name}'`).join(", ")}) THEN column END,
       value, places,
       CASE WHEN block >= 0 AND block < whole THEN block END,
       CASE WHEN length(value) < length(CAST(value AS BLOB)) OR value GLOB '*[^ -~]*'
         THEN hex(value) END
     FROM posting, (SELECT coalesce(max(sequence) + 1, 0) / ${size} AS whole FROM entry)`,
  ) as StatementSync & WithArrays;
  statement.setReturnArrays?.(true);
  for (const row of statement.iterate()) {
    const [ofColumn, text, places, block, bytes] = (
      Array.isArray(row) ? row : Object.values(row)
    ) as [string | null, string, string, number | null, string | null];
    const ofValue = bytes === null ? text : Buffer.from(bytes, "hex").toString();
    if (ofValue !== value || ofColumn !== column) {
      column = ofColumn;
      value = ofValue;
      const hex = hashOf("sha256", `${key}${column}\0${value}`, "hex");
      first = Number.parseInt(hex.slice(0, 8), 16) | 0;
      second = Number.parseInt(hex.slice(8, 16), 16) | 0;
    }
    let isRight =
      ofColumn !== null &&
      block !== null &&
      places.length > 0 &&
      places.length % characters === 0 &&
      (bytes === null || Buffer.from(value).toString("hex").toUpperCase() === bytes);
    let one = 0;
    let other = 0;
    let before = -1;
    for (let at = 0; isRight && at < places.length; at += characters) {
      const part = places.charCodeAt(at) - zero;
      let bits = 0;
      for (let next = at + 1; next < at + characters; next++) {
        const digit = places.charCodeAt(next) - zero;
        if (digit < 0 || digit > 15) isRight = false;
        bits = bits * 16 + digit;
      }
      if (part <= before || part >= size / width || bits === 0) isRight = false;
      before = part;
      for (let place = part * width; bits > 0; bits >>= 1, place++)
        if ((bits & 1) === 1) {
          one = (one + (weights[2 * place] as number)) | 0;
          other = (other + (weights[2 * place + 1] as number)) | 0;
        }
    }
    if (!isRight || block === null) {
      wrongBlock = Math.min(block ?? 0, wrongBlock ?? Infinity);
      continue;
    }
    const sum = sums.get(block) ?? [0, 0];
    sum[0] = (sum[0] + Math.imul(first, one)) | 0;
    sum[1] = (sum[1] + Math.imul(second, other)) | 0;
    sums.set(block, sum);
  }
  return { sums: [...sums].flatMap(([block, sum]) => [block, ...sum]), wrongBlock };
}
