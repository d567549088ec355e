import type { DatabaseSync } from "node:sqlite";
import { BLOCK } from "../file/schema.js";

/** A row of `time_block`. */
export interface TimeBlock {
  readonly block: number;
  /** Milliseconds since 1970, rounded where they are beyond all times. */
  readonly earliest: number;
  readonly latest: number;
  /** Whether the journal has all entries of the block, if none of them was removed. */
  readonly isWhole: boolean;
}

/** As texts: a number that no JavaScript number can hold would end the reading. */
const TIME_BLOCKS = `SELECT CAST(block AS TEXT) AS block, CAST(earliest_millis AS TEXT) AS earliest,
    CAST(latest_millis AS TEXT) AS latest,
    block >= 0 AND block < (SELECT coalesce(max(sequence) + 1, 0) / ${BLOCK} FROM entry) AS isWhole
  FROM time_block ORDER BY time_block.block`;

/** When the entries of a block happened, in milliseconds since 1970. */
interface Times {
  earliest: number;
  latest: number;
  /** Of its entries. The earlier ones may have been pruned. */
  readonly first: number;
  last: number;
}

/** The summaries of times that a journal must have for its whole blocks, from its entries. */
export class BlockTimes {
  readonly #blocks = new Map<number, Times>();
  #block = -1;
  #times: Times | undefined;

  /**
   * Adds an entry. They come in the order of their sequences.
   *
   * @param millis - When it happened. Null for a number beyond all times.
   */
  add(sequence: number, millis: number | null): void {
    const block = Math.floor(sequence / BLOCK);
    const time = millis ?? Number.NaN; // NaN makes both limits NaN, which no summary has
    if (block !== this.#block || this.#times === undefined) {
      this.#block = block;
      this.#times = { earliest: time, latest: time, first: sequence, last: sequence };
      this.#blocks.set(block, this.#times);
      return;
    }
    this.#times.earliest = Math.min(this.#times.earliest, time);
    this.#times.latest = Math.max(this.#times.latest, time);
    this.#times.last = sequence;
  }

  /**
   * The first sequence of the first block whose summary is not that of its entries. Undefined if
   * all are.
   *
   * @param length - How many entries there were when the reading began. A later block may have a
   * summary that is not compared.
   */
  firstDifference(found: readonly TimeBlock[], length: number): number | undefined {
    const wrong: number[] = [];
    const left = new Map([...this.#blocks].filter(([, { last }]) => (last + 1) % BLOCK === 0));
    for (const { block, earliest, latest, isWhole } of found) {
      const times = left.get(block);
      left.delete(block);
      if (times === undefined && isWhole && (block + 1) * BLOCK > length) continue;
      if (times === undefined || !isSummary(times, earliest, latest)) wrong.push(block);
    }
    const first = [...wrong, ...left.keys()].reduce((a, b) => Math.min(a, b), Infinity);
    return first === Infinity ? undefined : first * BLOCK;
  }
}

/** The summaries of times that a journal has. */
export function timeBlocksOf(database: DatabaseSync): TimeBlock[] {
  const rows = database.prepare(TIME_BLOCKS).all();
  return rows.map(({ block, earliest, latest, isWhole }) => ({
    block: Number(block),
    earliest: Number(earliest),
    latest: Number(latest),
    isWhole: isWhole === 1,
  }));
}

/** Of a block that was pruned in part, the summary also covers what is gone. */
function isSummary(times: Times, earliest: number, latest: number): boolean {
  return times.first % BLOCK === 0
    ? times.earliest === earliest && times.latest === latest
    : times.earliest >= earliest && times.latest <= latest;
}
