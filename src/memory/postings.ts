/** Walks ascending sequences from one end to the other; every move goes in one direction. */
export interface Walker {
  /**
   * The first sequence at or beyond `bound` in the direction of the walk, or undefined at the end.
   * Bounds never turn back from one call to the next.
   */
  seek(bound: number): number | undefined;
}

/** Below this many dead slots a list is not worth moving. */
const MIN_COMPACTION = 32;

/**
 * The sequences of the entries that share one value of one column, ascending; appended at the end,
 * evicted at the front, both in O(1) amortised.
 */
export class Postings {
  #sequences: number[];
  #head = 0;

  /** Starts with one sequence. */
  constructor(sequence: number) {
    this.#sequences = [sequence];
  }

  /** How many sequences it holds. */
  get length(): number {
    return this.#sequences.length - this.#head;
  }

  /** Appends a sequence greater than all before it. */
  append(sequence: number): void {
    this.#sequences.push(sequence);
  }

  /** Drops the least sequence. */
  evict(): void {
    this.#head++;
    if (this.#head >= MIN_COMPACTION && this.#head * 2 >= this.#sequences.length) {
      this.#sequences = this.#sequences.slice(this.#head);
      this.#head = 0;
    }
  }

  /** A walk from the greatest sequence downwards. */
  newestFirst(): Walker {
    const sequences = this.#sequences;
    const head = this.#head;
    let high = sequences.length - 1; // everything above it is beyond the walk
    return {
      seek(bound) {
        // gallop, so that a long walk over near neighbours costs O(1) a step and a far jump O(log
        // n)
        let step = 1;
        while (high - step >= head && (sequences[high - step] as number) > bound) {
          high -= step;
          step *= 2;
        }
        let low = Math.max(head, high - step);
        while (low < high) {
          const middle = (low + high + 1) >>> 1;
          if ((sequences[middle] as number) <= bound) low = middle;
          else high = middle - 1;
        }
        const found = sequences[high];
        return high >= head && found !== undefined && found <= bound ? found : undefined;
      },
    };
  }

  /** A walk from the least sequence upwards. */
  oldestFirst(): Walker {
    const sequences = this.#sequences;
    const end = sequences.length;
    let low = this.#head; // everything below it is behind the walk
    return {
      seek(bound) {
        let step = 1;
        while (low + step < end && (sequences[low + step] as number) < bound) {
          low += step;
          step *= 2;
        }
        let high = Math.min(end - 1, low + step);
        while (low < high) {
          const middle = (low + high) >>> 1;
          if ((sequences[middle] as number) >= bound) high = middle;
          else low = middle + 1;
        }
        const found = sequences[low];
        return found !== undefined && found >= bound ? found : undefined;
      },
    };
  }
}
