/** Longest list of times; what came later than these is asked for by the time of its recording. */
const MAX_TIMES = 65_536;

/** Since when each record of this process waits, from the oldest that is pending on; bounded. */
export class WaitingSince {
  #times: number[] = [];
  /** The position that the first time is of. */
  #first = 0;
  #head = 0;

  /** Notes a position; one that does not follow the one before is left out. */
  add(position: number, since: number): void {
    if (this.#head === this.#times.length) {
      this.#times = [];
      this.#head = 0;
      this.#first = position;
    }
    if (position === this.#first + this.#times.length && this.#times.length < MAX_TIMES)
      this.#times.push(since);
  }

  /** The time of a position, where it was noted. */
  get(position: number): number | undefined {
    return this.#times[position - this.#first];
  }

  /** Forgets positions below this one. */
  dropBefore(position: number): void {
    this.#head = Math.min(this.#times.length, Math.max(this.#head, position - this.#first));
    if (this.#head * 2 < this.#times.length) return;
    this.#times = this.#times.slice(this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }
}
