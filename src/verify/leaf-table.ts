import { HASH_BYTES, type Hash, hexOf } from "../integrity/merkle/merkle-hash.js";

/** How many leaves a page holds. */
const PAGE = 64;

/** Between which times something happened, in milliseconds since 1970. Undefined is not known. */
export interface TimeSpan {
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
}

interface Page {
  readonly hashes: Buffer;
  /** Which leaves are there. */
  readonly present: Uint8Array;
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
}

/**
 * Leaf hashes and times of recording by sequence, 42 bytes each. Sequences come from the evidence,
 * so any of them can come first. Pages are small: scattered sequences take at most some 3.5 KB a
 * line.
 */
export class LeafTable {
  readonly #pages = new Map<number, Page>();
  #recent: Page | undefined;
  #recentIndex = -1;
  #end = 0;

  /** One more than the largest sequence. */
  get end(): number {
    return this.#end;
  }

  /** The leaf hash of a sequence. It is a view: the next `set` of the sequence changes it. */
  get(sequence: number): Hash | undefined {
    const page = this.#page(sequence);
    const slot = sequence % PAGE;
    if (page === undefined || page.present[slot] === 0) return undefined;
    return page.hashes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
  }

  /** Whether a leaf is there. */
  has(sequence: number): boolean {
    return this.#page(sequence)?.present[sequence % PAGE] === 1;
  }

  /** Whether the leaf of a sequence has this hash, hexadecimal. */
  holds(sequence: number, hash: string): boolean {
    const leaf = this.get(sequence);
    return leaf !== undefined && hexOf(leaf) === hash;
  }

  /**
   * Sets a leaf, and the time at which its entry was recorded.
   *
   * @param hash - 32 bytes, hexadecimal.
   */
  set(sequence: number, hash: string, timeMillis: number = Number.NaN): void {
    const page = this.#page(sequence) ?? this.#addPage(Math.floor(sequence / PAGE));
    const slot = sequence % PAGE;
    page.hashes.write(hash, slot * HASH_BYTES, "hex");
    page.present[slot] = 1;
    page.times[slot] = timeMillis;
    if (sequence >= this.#end) this.#end = sequence + 1;
  }

  /**
   * When a checkpoint of a size was made: after its last entry was recorded, and before the next
   * one was.
   */
  madeBetween(size: number): TimeSpan {
    return { earliest: this.timeMillis(size - 1), latest: this.timeMillis(size) };
  }

  /** The ranges [from, to] of sequences below the end that are not there, in rising order. */
  *missing(): Generator<{ readonly from: number; readonly to: number }, void, undefined> {
    let next = 0;
    for (const [index, page] of [...this.#pages].sort(([a], [b]) => a - b)) {
      for (let slot = 0; slot < PAGE; slot++) {
        if (page.present[slot] === 0) continue;
        const sequence = index * PAGE + slot;
        if (sequence > next) yield { from: next, to: sequence - 1 };
        next = sequence + 1;
      }
    }
  }

  /** When an entry was recorded, in milliseconds since 1970. Undefined is not known. */
  timeMillis(sequence: number): number | undefined {
    const time = sequence < 0 ? undefined : this.#page(sequence)?.times[sequence % PAGE];
    return Number.isNaN(time) ? undefined : time;
  }

  #page(sequence: number): Page | undefined {
    const index = Math.floor(sequence / PAGE);
    if (index === this.#recentIndex) return this.#recent;
    const page = this.#pages.get(index);
    if (page === undefined) return undefined;
    this.#recent = page;
    this.#recentIndex = index;
    return page;
  }

  #addPage(index: number): Page {
    const page: Page = {
      hashes: Buffer.alloc(PAGE * HASH_BYTES),
      present: new Uint8Array(PAGE),
      times: new Float64Array(PAGE).fill(Number.NaN),
    };
    this.#pages.set(index, page);
    this.#recent = page;
    this.#recentIndex = index;
    return page;
  }
}
