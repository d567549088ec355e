import type { Spool, SpooledRecord } from "./spool.js";

/** How often a batch is tried again as it is before it is split, unless it was refused. */
const REPETITIONS = 1;

/** After so many failures in a row, batches get smaller: the request may be too large. */
const FAILURES_BEFORE_SMALLER = 3;

/**
 * Bodies of a batch, in UTF-16 units. Receivers limit a request; the Collector's gRPC one to 4 MiB.
 */
const MAX_BATCH_LENGTH = 2 ** 22;

/** Records that are exported together, oldest first. */
export type Batch = readonly SpooledRecord[];

/** The sizes that a {@link BatchPlan} keeps to. */
export interface BatchLimits {
  readonly maxBatchSize: number;
  readonly maxConcurrentExports: number;
}

/**
 * Decides which records at the front of a spool are exported next: how many a batch, and how many
 * batches at once. It only counts; the records stay in the spool, in their order.
 */
export class BatchPlan {
  readonly #limits: BatchLimits;
  /**
   * Sizes of next batches that are decided already, the next one last: the halves of a refused
   * batch, or a batch that is tried again as it is.
   */
  readonly #parts: number[] = [];
  /** The size of any other batch: halves while exports fail, doubles with each success. */
  #size: number;
  #failuresInARow = 0;
  #repetitions = 0;
  #frontVersion = 0;

  /** Starts with full batches. */
  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#size = limits.maxBatchSize;
  }

  /**
   * Changes whenever records leave the front, and whenever a batch there is split. The answer to an
   * export that began at another version says nothing about the records that are now at the front.
   */
  get frontVersion(): number {
    return this.#frontVersion;
  }

  /** Failures since the last success or refusal. */
  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /**
   * Whether an attempt has failed, or a batch was split, and deliveries are not yet back at the
   * full size. Meanwhile, only one batch is exported at a time.
   */
  get isRecovering(): boolean {
    return (
      this.#parts.length > 0 || this.#failuresInARow > 0 || this.#size < this.#limits.maxBatchSize
    );
  }

  /** Cuts the next batches from the front of the spool. */
  next(spool: Spool): readonly Batch[] {
    const count = this.isRecovering ? 1 : this.#limits.maxConcurrentExports;
    const size = this.#parts.at(-1) ?? this.#size;
    const records = spool.peek(size * count);
    const batches: Batch[] = [];
    let start = 0;
    do {
      const end = batchEnd(records, start, size);
      batches.push(records.slice(start, end));
      start = end;
    } while (start < records.length && batches.length < count);
    return batches;
  }

  /** The batch at the front was delivered. */
  delivered(): void {
    this.#leaveFront();
    this.#size = Math.min(this.#limits.maxBatchSize, this.#size * 2);
  }

  /**
   * The batch at the front, of this size, was refused. Its halves come next; one record has none.
   */
  refused(size: number): void {
    this.#leaveFront();
    const half = size >>> 1;
    if (half > 0) this.#parts.push(size - half, half);
  }

  /** Records of the batch at the front have waited too long, and leave the spool. */
  expired(): void {
    this.#frontVersion++;
    this.#parts.length = 0;
  }

  /** The batch at the front, of this size, was not delivered, and is tried again. */
  failed(size: number): void {
    this.#failuresInARow++;
    if (this.#failuresInARow >= FAILURES_BEFORE_SMALLER) this.#size = Math.max(1, size >>> 1);
  }

  /** Plans a batch of this size once more, as it is. False if that was done before. */
  repeat(size: number): boolean {
    if (this.#repetitions >= REPETITIONS) return false;
    this.#repetitions++;
    if (this.#parts.length === 0) this.#parts.push(size);
    return true;
  }

  /** Does the same for a batch that is not part of another one. False for any other. */
  repeatWhole(size: number): boolean {
    return this.#parts.length === 0 && this.repeat(size);
  }

  #leaveFront(): void {
    this.#frontVersion++;
    this.#parts.pop();
    this.#failuresInARow = 0;
    this.#repetitions = 0;
  }
}

/**
 * The end of the batch that begins at `start`: all bodies up to it fit. It holds one record at
 * least.
 */
function batchEnd(records: readonly SpooledRecord[], start: number, size: number): number {
  const last = Math.min(start + size, records.length);
  let length = 0;
  for (let end = start; end < last; end++) {
    const body = records[end]?.record.body;
    length += typeof body === "string" ? body.length : 0;
    if (length > MAX_BATCH_LENGTH) return Math.max(start + 1, end);
  }
  return last;
}
