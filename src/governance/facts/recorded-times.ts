/** How many times a part has: 2 to this power. */
const PART_BITS = 12;
const PART = 1 << PART_BITS;

/**
 * When each entry was recorded, by its sequence. An entry takes eight bytes. The list grows by
 * whole parts, so nothing is copied.
 */
export class RecordedTimes {
  readonly #parts: Float64Array[] = [];
  #length = 0;
  /** Sequences that follow one another, and where the time of the first is. */
  readonly #runs: { readonly sequence: number; readonly index: number }[] = [];
  #last = -1;

  /** The newest sequence; -1 before the first. */
  get lastSequence(): number {
    return this.#last;
  }

  /** When it was recorded; 0 before the first. */
  get lastMillis(): number {
    return this.#at(this.#length - 1);
  }

  add(sequence: number, millis: number): void {
    if (sequence !== this.#last + 1 || this.#length === 0)
      this.#runs.push({ sequence, index: this.#length });
    const at = this.#length++ % PART;
    if (at === 0) this.#parts.push(new Float64Array(PART));
    (this.#parts.at(-1) as Float64Array)[at] = millis;
    this.#last = sequence;
  }

  /** When the newest entry up to a sequence was recorded; 0 before the first. */
  after(sequence: number): number {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    const run = this.#runs[low - 1];
    if (run === undefined) return 0;
    const end = this.#runs[low]?.index ?? this.#length;
    return this.#at(Math.min(run.index + sequence - run.sequence, end - 1));
  }

  #at(index: number): number {
    return this.#parts[index >> PART_BITS]?.[index % PART] ?? 0;
  }
}
