import { Postings } from "./postings.js";

/** The postings of one column, by value. */
export class ColumnIndex {
  readonly #postings = new Map<string, Postings>();

  /** Notes that the entry of a sequence, the greatest yet, has this value. */
  append(value: string | undefined, sequence: number): void {
    if (value === undefined) return;
    const postings = this.#postings.get(value);
    if (postings === undefined) this.#postings.set(value, new Postings(sequence));
    else postings.append(sequence);
  }

  /** Forgets the least sequence with this value. */
  evict(value: string | undefined): void {
    if (value === undefined) return;
    const postings = this.#postings.get(value) as Postings;
    if (postings.length === 1) this.#postings.delete(value);
    else postings.evict();
  }

  /** The sequences with this value, if there are any. */
  find(value: string): Postings | undefined {
    return this.#postings.get(value);
  }

  /** Forgets everything. */
  clear(): void {
    this.#postings.clear();
  }
}
