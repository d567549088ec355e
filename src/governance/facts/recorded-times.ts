const FIRST_LENGTH = 64;

/** When each entry was recorded, by its sequence. An entry takes eight bytes. */
export class RecordedTimes {
  #millis = new Float64Array(FIRST_LENGTH);
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
    return this.#millis[this.#length - 1] ?? 0;
  }

  add(sequence: number, millis: number): void {
    if (sequence !== this.#last + 1 || this.#length === 0)
      this.#runs.push({ sequence, index: this.#length });
    if (this.#length === this.#millis.length)
      this.#millis = new Float64Array(
        this.#millis.buffer.transfer(8 * Math.ceil(this.#length * 1.5)),
      );
    this.#millis[this.#length++] = millis;
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
    return this.#millis[Math.min(run.index + sequence - run.sequence, end - 1)] ?? 0;
  }
}
