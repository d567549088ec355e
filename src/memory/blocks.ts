import type { AuditEntry } from "../entry/audit-entry.js";
import type { Walker } from "./postings.js";

/** How many entries a block has. A query by time skips a block whose time range does not match. */
const BLOCK_SIZE = 1024;

interface Block {
  readonly entries: (AuditEntry | undefined)[];
  readonly times: Float64Array;
  readonly bytes: Uint32Array;
  earliest: number;
  latest: number;
}

/**
 * The entries of a run of sequences, in blocks. Timestamps need not rise with the sequence
 * (imports, clocks that jump), so a query by time cannot use binary search. It compares the time
 * ranges of blocks, a thousand for a million entries.
 */
export class Blocks {
  readonly #blocks = new Map<number, Block>();
  #first = 0;
  #end = 0;

  /** The least sequence held; equal to {@link Blocks.end} when empty. */
  get first(): number {
    return this.#first;
  }

  /** One more than the greatest sequence held. */
  get end(): number {
    return this.#end;
  }

  /** The entry of a sequence, if held. */
  get(sequence: number): AuditEntry | undefined {
    if (!(sequence >= this.#first && sequence < this.#end)) return undefined;
    return this.#block(sequence)?.entries[sequence % BLOCK_SIZE];
  }

  /** Appends the entry of the next sequence; the first one may be any. */
  append(entry: AuditEntry, time: number, bytes: number): void {
    const { sequence } = entry;
    if (this.#first === this.#end) {
      this.#blocks.clear();
      this.#first = sequence;
    }
    let block = this.#block(sequence);
    if (block === undefined) {
      block = emptyBlock(time);
      this.#blocks.set(Math.floor(sequence / BLOCK_SIZE), block);
    }
    const slot = sequence % BLOCK_SIZE;
    block.entries[slot] = entry;
    block.times[slot] = time;
    block.bytes[slot] = bytes;
    if (time < block.earliest) block.earliest = time;
    if (time > block.latest) block.latest = time;
    this.#end = sequence + 1;
  }

  /** Drops the oldest entry, and returns it with its size. There must be one. */
  evict(): { readonly entry: AuditEntry; readonly bytes: number } {
    const slot = this.#first % BLOCK_SIZE;
    const block = this.#block(this.#first) as Block;
    const entry = block.entries[slot] as AuditEntry;
    block.entries[slot] = undefined;
    if (slot === BLOCK_SIZE - 1) this.#blocks.delete(Math.floor(this.#first / BLOCK_SIZE));
    this.#first++;
    return { entry, bytes: block.bytes[slot] as number };
  }

  /** A walk over the sequences whose time lies in [since, until). */
  within(since: number, until: number, newestFirst: boolean): Walker {
    const step = newestFirst ? -1 : 1;
    return {
      seek: (bound) => {
        let sequence = newestFirst ? Math.min(bound, this.#end - 1) : Math.max(bound, this.#first);
        while (sequence >= this.#first && sequence < this.#end) {
          const block = this.#block(sequence) as Block;
          const start = sequence - (sequence % BLOCK_SIZE);
          if (block.latest < since || block.earliest >= until) {
            sequence = newestFirst ? start - 1 : start + BLOCK_SIZE;
            continue;
          }
          const time = block.times[sequence % BLOCK_SIZE] as number;
          if (time >= since && time < until) return sequence;
          sequence += step;
        }
        return undefined;
      },
    };
  }

  /** Forgets all entries. */
  clear(): void {
    this.#blocks.clear();
    this.#first = this.#end;
  }

  #block(sequence: number): Block | undefined {
    return this.#blocks.get(Math.floor(sequence / BLOCK_SIZE));
  }
}

function emptyBlock(time: number): Block {
  return {
    entries: new Array(BLOCK_SIZE),
    times: new Float64Array(BLOCK_SIZE),
    bytes: new Uint32Array(BLOCK_SIZE),
    earliest: time,
    latest: time,
  };
}
