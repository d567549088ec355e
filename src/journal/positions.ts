/** A place in the journal's order of delivery: an entry, or a checkpoint. */
export type Place =
  | { readonly kind: "entry"; readonly sequence: number }
  | { readonly kind: "checkpoint"; readonly position: number };

/**
 * The order in which a journal is delivered: entries by sequence, and each checkpoint behind the entries that were there
 * when it was stored. The position of an entry is its sequence and one for each checkpoint before it.
 */
export class Positions {
  /** Of the checkpoints, ascending. */
  readonly #checkpoints: number[];

  /** @param checkpoints - Positions of those that are stored, ascending. */
  constructor(checkpoints: readonly number[]) {
    this.#checkpoints = [...checkpoints];
  }

  /** The position behind all that a journal of so many entries has. */
  end(length: number): number {
    return length + this.#checkpoints.length;
  }

  /** Notes a checkpoint that was stored at the end. */
  add(position: number): void {
    this.#checkpoints.push(position);
  }

  /** The position of an entry. */
  of(sequence: number): number {
    // the checkpoint of ordinal k lies before the entries from sequence `position - k` on
    return sequence + this.#count((position, ordinal) => position - ordinal <= sequence);
  }

  /** What is at a position. */
  at(position: number): Place {
    const before = this.#count((other) => other < position);
    if (this.#checkpoints[before] === position) return { kind: "checkpoint", position };
    return { kind: "entry", sequence: position - before };
  }

  /** How many entries follow one another from a position on; 0 at a checkpoint. */
  entriesFrom(position: number, end: number): number {
    const next = this.#checkpoints[this.#count((other) => other < position)];
    return Math.min(next ?? end, end) - position;
  }

  /** How many checkpoints, from the first on, meet what only the first ones meet. */
  #count(meets: (position: number, ordinal: number) => boolean): number {
    let low = 0;
    let high = this.#checkpoints.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (meets(this.#checkpoints[middle] as number, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
