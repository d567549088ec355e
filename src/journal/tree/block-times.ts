import type { TimeBlock } from "../entries/entry-table.js";
import { BLOCK } from "../file/schema.js";

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

/** Of a block that was pruned in part, the summary also covers what is gone. */
function isSummary(times: Times, earliest: number, latest: number): boolean {
  return times.first % BLOCK === 0
    ? times.earliest === earliest && times.latest === latest
    : times.earliest >= earliest && times.latest <= latest;
}
