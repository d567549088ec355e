/** How many times are remembered. */
const MAX_TIMES = 256;

/** In nanoseconds. The end is exclusive. */
export interface TimeRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The times at which entries were recorded, as far as they were seen. Times rise with sequences, so
 * a question about sequences need not search all times. Loki 3.7.6 takes 0.4 to 1.7 s for 30 days
 * that hold nothing, on 2 cores (measured).
 */
export class KnownTimes {
  readonly #times = new Map<number, bigint>();

  /** Remembers the time of a sequence, in nanoseconds. */
  add(sequence: number, nanos: bigint): void {
    if (this.#times.has(sequence)) return;
    // the first entry bounds every question, so it stays
    const oldest = [...this.#times.keys()].find((known) => known !== 0);
    if (this.#times.size === MAX_TIMES && oldest !== undefined) this.#times.delete(oldest);
    this.#times.set(sequence, nanos);
  }

  /** The part of a range that can hold entries with sequences above `after` and below `before`. */
  within({ start, end }: TimeRange, after: number, before: number): TimeRange {
    let [first, last] = [start, end];
    for (const [sequence, nanos] of this.#times) {
      if (sequence <= after + 1 && nanos > first) first = nanos;
      if (sequence >= before - 1 && nanos < last) last = nanos + 1n;
    }
    return { start: first, end: last };
  }
}
