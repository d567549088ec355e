import type { Spool, SpooledRecord } from "./spool.js";

/** Below this many dead slots the list is not worth moving. */
const MIN_COMPACTION = 1024;

/** A bounded spool in memory; what it holds is gone with the process. */
export class MemorySpool implements Spool {
  readonly capacity: number;
  readonly durable = false;
  #records: SpooledRecord[] = [];
  #head = 0;

  /** Makes an empty spool for so many records. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** How many records are pending. */
  get size(): number {
    return this.#records.length - this.#head;
  }

  /** Since when the oldest one waits. */
  get oldestSince(): number | undefined {
    return this.#records[this.#head]?.since;
  }

  /** Never. */
  isSafe(): boolean {
    return false;
  }

  /** Adds a record at the end. */
  add(spooled: SpooledRecord): number {
    this.#records.push(spooled);
    return 1;
  }

  /** The oldest records, without removing them. */
  peek(count: number): readonly SpooledRecord[] {
    return this.#records.slice(this.#head, this.#head + count);
  }

  /** Removes the oldest record. */
  reject(): void {
    this.settle(1);
  }

  /** Removes the oldest records. */
  settle(count: number): void {
    const end = Math.min(this.#head + count, this.#records.length);
    if (
      end === this.#records.length ||
      (end >= MIN_COMPACTION && end * 2 >= this.#records.length)
    ) {
      this.#records = this.#records.slice(end);
      this.#head = 0;
      return;
    }
    // a settled record must not be held until the next compaction
    this.#records.fill(undefined as never, this.#head, end);
    this.#head = end;
  }
}
