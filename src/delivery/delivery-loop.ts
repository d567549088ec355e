import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type BackoffOptions, backoffMillis } from "../http/backoff.js";
import { MAX_TIMER_MILLIS } from "../options.js";
import { type ExportFailure, exportFailure } from "./export-failure.js";
import { exportOnce } from "./export-once.js";
import type { Spool, SpooledRecord } from "./spool.js";

/** How often a partial success is tried again before the batch is taken apart. */
const PARTIAL_RETRIES = 1;

/** After so many failures in a row smaller batches are tried: what fails may be too large, or one record in it. */
const FAILURES_BEFORE_SMALLER = 3;

/** Bodies of a batch, in UTF-16 units; receivers bound a request, the Collector's gRPC one to 4 MiB. */
const MAX_BATCH_LENGTH = 2 ** 22;

/** A longer Retry-After is taken for a mistake. */
const MAX_RETRY_AFTER_MILLIS = 3_600_000;

/** Upper bound of a wait while somebody waits for a flush. */
const HURRIED_BACKOFF_MILLIS = 1000;

/** How a {@link DeliveryLoop} goes about it. */
export interface DeliverySettings {
  readonly maxBatchSize: number;
  readonly maxConcurrentExports: number;
  readonly delayMillis: number;
  readonly exportTimeoutMillis: number;
  readonly backoff: BackoffOptions;
  /** Infinity for never. */
  readonly giveUpAfterMillis: number;
}

/** Who hears of what became of records; nobody may throw. */
export interface DeliveryEvents {
  delivered(count: number): void;
  rejected(record: ReadableLogRecord, reason: string): void;
  failed(failure: ExportFailure): void;
}

/**
 * Delivers a spool from its front, and lets go of a record only when the exporter said success or when it was refused
 * while it stood alone. A refused batch is halved, so that one bad record costs no other. One export is in flight, or
 * as many as is set, but while something is wrong.
 */
export class DeliveryLoop {
  readonly #exporter: LogRecordExporter;
  readonly #spool: Spool;
  readonly #settings: DeliverySettings;
  readonly #events: DeliveryEvents;
  /** Sizes of the batches to come, the next one last, where they are settled: a partial one again, halves of a refused one. */
  readonly #parts: number[] = [];
  /** Records a batch, for now. */
  #limit: number;
  /** Rises with every change at the front, by which the answer to an older export is told. */
  #epoch = 0;
  /** Failures since the last success or refusal. */
  #failures = 0;
  #partials = 0;
  #running = false;
  #stopped = false;
  #hurries = 0;
  #delay: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #wake: (() => void) | undefined;
  /** False while it waits because the backend asked it to. */
  #mayHurry = true;

  /** Makes a loop that waits for {@link DeliveryLoop.notice}. */
  constructor(
    exporter: LogRecordExporter,
    spool: Spool,
    settings: DeliverySettings,
    events: DeliveryEvents,
  ) {
    this.#exporter = exporter;
    this.#spool = spool;
    this.#settings = settings;
    this.#events = events;
    this.#limit = settings.maxBatchSize;
  }

  /**
   * Something was spooled: deliver in the next turn of the event loop when it makes a batch, since whoever spooled it
   * must not wait for a batch to be read and serialized; else after the delay.
   */
  notice(): void {
    if (this.#running || this.#stopped || this.#spool.size === 0) return;
    if (this.#hurries > 0) void this.#run();
    else if (this.#spool.size >= this.#settings.maxBatchSize)
      this.#soon ??= setImmediate(() => void this.#run());
    else this.#delay ??= setTimeout(() => void this.#run(), this.#settings.delayMillis).unref();
  }

  /**
   * Delivers without delay until {@link DeliveryLoop.relax}: a backoff is cut short once and short from then on, a
   * Retry-After is not.
   */
  hurry(): void {
    this.#hurries++;
    if (this.#mayHurry) this.#wake?.();
    this.notice();
  }

  /** Ends one {@link DeliveryLoop.hurry}. */
  relax(): void {
    this.#hurries--;
  }

  /** Makes no further attempt; one that is under way may still succeed. */
  stop(): void {
    this.#stopped = true;
    this.#forgetStart();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#forgetStart();
    do await this.#attempt();
    while (!this.#stopped && this.#isDue());
    this.#running = false;
    this.notice();
  }

  #forgetStart(): void {
    clearTimeout(this.#delay);
    clearImmediate(this.#soon);
    this.#delay = undefined;
    this.#soon = undefined;
  }

  #isDue(): boolean {
    const { size } = this.#spool;
    if (size === 0) return false;
    return (
      size >= this.#settings.maxBatchSize ||
      this.#hurries > 0 ||
      this.#failures > 0 ||
      this.#parts.length > 0 ||
      this.#limit < this.#settings.maxBatchSize
    );
  }

  /** Exports the next batches side by side, and does what follows from their answers, from the front on. */
  async #attempt(): Promise<void> {
    let batches: readonly (readonly SpooledRecord[])[];
    try {
      batches = this.#nextBatches();
    } catch (error) {
      await this.#onFailure([], { ...exportFailure(error), kind: "unreadable" });
      return;
    }
    let epoch = this.#epoch;
    const failures = await Promise.all(
      batches.map((batch, index) => this.#export(batch, index === 0)),
    );
    for (const [index, batch] of batches.entries()) {
      if (epoch !== this.#epoch) return; // a late success of an earlier export came first
      const failure = failures[index];
      // what stands behind a batch that failed is sent again with it: the spool is settled from its front alone
      if (failure !== undefined) return this.#onFailure(batch, failure);
      this.#settle(batch.length);
      epoch = this.#epoch;
    }
  }

  /** One batch while something is wrong, and else as many as may be in flight. */
  #nextBatches(): readonly (readonly SpooledRecord[])[] {
    const { maxBatchSize, maxConcurrentExports } = this.#settings;
    const part = this.#parts.at(-1);
    const isWrong = part !== undefined || this.#failures > 0 || this.#limit < maxBatchSize;
    const count = isWrong ? 1 : maxConcurrentExports;
    const size = part ?? this.#limit;
    const records = this.#spool.peek(size * count);
    const batches: (readonly SpooledRecord[])[] = [];
    let start = 0;
    do {
      const end = batchEnd(records, start, size);
      batches.push(records.slice(start, end));
      start = end;
    } while (start < records.length && batches.length < count);
    return batches;
  }

  /** Only what is at the front can be settled by an answer that came too late. */
  #export(batch: readonly SpooledRecord[], isFront: boolean): Promise<ExportFailure | undefined> {
    const epoch = this.#epoch;
    const records = batch.map(({ record }) => record);
    return exportOnce(this.#exporter, records, this.#settings.exportTimeoutMillis, () => {
      // an exporter that always takes longer would otherwise deliver the same batch for ever
      if (!isFront || epoch !== this.#epoch) return;
      this.#settle(batch.length);
      this.#wake?.();
    });
  }

  async #onFailure(batch: readonly SpooledRecord[], failure: ExportFailure): Promise<void> {
    this.#events.failed(failure);
    if (failure.kind === "partial" && this.#partials++ < PARTIAL_RETRIES) this.#again(batch.length);
    else if (failure.kind === "refused" || failure.kind === "partial") {
      this.#takeApart(batch, failure.reason);
      return;
    }
    this.#failures++;
    const expired = this.#giveUp(batch, failure.reason);
    if (this.#failures >= FAILURES_BEFORE_SMALLER) this.#limit = Math.max(1, batch.length >>> 1);
    await this.#wait(failure.retryAfterMillis, batch[expired]);
  }

  /** The front was delivered; also called for an answer that came after its time. */
  #settle(count: number): void {
    this.#changeFront();
    this.#limit = Math.min(this.#settings.maxBatchSize, this.#limit * 2);
    this.#spool.settle(count);
    this.#events.delivered(count);
  }

  #again(size: number): void {
    if (this.#parts.length === 0) this.#parts.push(size);
  }

  #takeApart(batch: readonly SpooledRecord[], reason: string): void {
    this.#changeFront();
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      this.#reject(first, reason);
      return;
    }
    const half = batch.length >>> 1;
    this.#parts.push(batch.length - half, half);
  }

  /** Rejects what has waited too long, from the front on, and returns how many these were. */
  #giveUp(batch: readonly SpooledRecord[], reason: string): number {
    const limit = performance.now() - this.#settings.giveUpAfterMillis;
    const first = batch.findIndex(({ since }) => since > limit);
    const count = first === -1 ? batch.length : first;
    if (count === 0) return 0;
    this.#epoch++;
    this.#parts.length = 0;
    for (const spooled of batch.slice(0, count))
      this.#reject(spooled, `given up after ${this.#settings.giveUpAfterMillis} ms: ${reason}`);
    return count;
  }

  #reject({ record }: SpooledRecord, reason: string): void {
    this.#spool.reject(reason);
    this.#events.rejected(record, reason);
  }

  #changeFront(): void {
    this.#epoch++;
    this.#parts.pop();
    this.#failures = 0;
    this.#partials = 0;
  }

  async #wait(asked: number, oldest: SpooledRecord | undefined): Promise<void> {
    if (this.#spool.size === 0 || this.#stopped) return;
    const { giveUpAfterMillis } = this.#settings;
    const expiry = (oldest?.since ?? performance.now()) + giveUpAfterMillis - performance.now();
    const retryAfter = Math.min(asked, MAX_RETRY_AFTER_MILLIS, expiry);
    this.#mayHurry = false;
    if (retryAfter > 0) await this.#sleep(retryAfter);
    this.#mayHurry = true;
    if (this.#stopped) return;
    const rest = Math.min(this.#backoffMillis(), expiry) - retryAfter;
    if (rest > 0) await this.#sleep(rest);
  }

  #backoffMillis(): number {
    const { initialMillis, maxMillis } = this.#settings.backoff;
    const bound = this.#hurries > 0 ? HURRIED_BACKOFF_MILLIS : Number.POSITIVE_INFINITY;
    const bounded = {
      initialMillis: Math.min(initialMillis, bound),
      maxMillis: Math.min(maxMillis, bound),
    };
    return backoffMillis(bounded, this.#failures);
  }

  #sleep(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), Math.min(millis, MAX_TIMER_MILLIS)).unref();
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** Where the batch ends that begins at `start`: with the last record whose body still fits a request; one at least. */
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
