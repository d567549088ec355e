import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { ExportResultCode, suppressTracing } from "@opentelemetry/core";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type BackoffOptions, backoffMillis } from "./backoff.js";
import { MAX_TIMER_MILLIS } from "./deadline.js";
import { type ExportFailure, exportFailure, thrownFailure } from "./export-failure.js";
import type { Spool, SpooledRecord } from "./spool.js";

/** How often a partial success is tried again before the batch is taken apart. */
const PARTIAL_RETRIES = 1;

/** How a {@link DeliveryLoop} goes about it. */
export interface DeliverySettings {
  readonly maxBatchSize: number;
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
 * Delivers a spool from its front, one export at a time, and lets go of a record only when the exporter said success
 * or when it was refused while it stood alone. A refused batch is halved, so that one bad record costs no other.
 */
export class DeliveryLoop {
  readonly #exporter: LogRecordExporter;
  readonly #spool: Spool;
  readonly #settings: DeliverySettings;
  readonly #events: DeliveryEvents;
  /** Sizes of the parts that a refused batch was halved into, the next one last. */
  readonly #parts: number[] = [];
  #running = false;
  #stopped = false;
  #hurries = 0;
  #delay: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  /** False while it waits because the backend asked it to. */
  #mayHurry = true;

  /** Makes a loop that waits for {@link DeliveryLoop.notice}. */
  constructor(exporter: LogRecordExporter, spool: Spool, settings: DeliverySettings, events: DeliveryEvents) {
    this.#exporter = exporter;
    this.#spool = spool;
    this.#settings = settings;
    this.#events = events;
  }

  /** Something was spooled: deliver at once when it makes a batch, else after the delay. */
  notice(): void {
    if (this.#running || this.#stopped || this.#spool.size === 0) return;
    if (this.#hurries > 0 || this.#spool.size >= this.#settings.maxBatchSize) void this.#run();
    else this.#delay ??= setTimeout(() => void this.#run(), this.#settings.delayMillis).unref();
  }

  /** Delivers without delay until {@link DeliveryLoop.relax}; cuts a backoff short, once, but never a Retry-After. */
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
    clearTimeout(this.#delay);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    clearTimeout(this.#delay);
    this.#delay = undefined;
    do await this.#deliverNext();
    while (!this.#stopped && this.#isDue());
    this.#running = false;
    this.notice();
  }

  #isDue(): boolean {
    const { size } = this.#spool;
    return size >= this.#settings.maxBatchSize || (size > 0 && (this.#hurries > 0 || this.#parts.length > 0));
  }

  async #deliverNext(): Promise<void> {
    const size = this.#parts.at(-1) ?? this.#settings.maxBatchSize;
    const batch = this.#spool.peek(size);
    let partials = 0;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#export(batch.map((spooled) => spooled.record));
      if (failure === undefined) return this.#settleDelivered(batch.length);
      this.#events.failed(failure);
      if (failure.kind === "partial") partials++;
      if (failure.kind === "refused" || partials > PARTIAL_RETRIES)
        return this.#takeApart(batch, failure.reason);
      if (this.#giveUp(batch, failure.reason) || this.#stopped) return;
      await this.#wait(attempt, failure.retryAfterMillis);
      if (this.#stopped) return;
    }
  }

  #settleDelivered(count: number): void {
    this.#parts.pop();
    this.#spool.settle(count);
    this.#events.delivered(count);
  }

  #takeApart(batch: readonly SpooledRecord[], reason: string): void {
    this.#parts.pop();
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      this.#reject(first, reason);
      return;
    }
    const half = batch.length >>> 1;
    this.#parts.push(batch.length - half, half);
  }

  /** Rejects what has waited too long; true when that was anything. */
  #giveUp(batch: readonly SpooledRecord[], reason: string): boolean {
    const limit = performance.now() - this.#settings.giveUpAfterMillis;
    const expired = batch.filter(({ since }) => since <= limit);
    if (expired.length === 0) return false;
    this.#parts.length = 0;
    for (const spooled of expired)
      this.#reject(spooled, `given up after ${this.#settings.giveUpAfterMillis} ms: ${reason}`);
    return true;
  }

  #reject({ record }: SpooledRecord, reason: string): void {
    this.#spool.reject(reason);
    this.#events.rejected(record, reason);
  }

  /** One export; undefined for success. Never throws. */
  async #export(records: ReadableLogRecord[]): Promise<ExportFailure | undefined> {
    await resourcesOf(records);
    return new Promise((resolve) => {
      const { exportTimeoutMillis } = this.#settings;
      const late = {
        kind: "transient",
        reason: `no answer after ${exportTimeoutMillis} ms`,
        retryAfterMillis: 0,
      } as const;
      const timer = setTimeout(() => resolve(late), exportTimeoutMillis).unref();
      const settle = (failure: ExportFailure | undefined): void => {
        clearTimeout(timer);
        resolve(failure);
      };
      try {
        // the export is nobody's span, whoever's record happened to start it
        context.with(suppressTracing(ROOT_CONTEXT), () =>
          this.#exporter.export(records, ({ code, error }) =>
            settle(code === ExportResultCode.SUCCESS ? undefined : exportFailure(error)),
          ),
        );
      } catch (error) {
        settle(thrownFailure(error));
      }
    });
  }

  async #wait(attempt: number, retryAfterMillis: number): Promise<void> {
    const millis = backoffMillis(this.#settings.backoff, attempt, retryAfterMillis);
    this.#mayHurry = false;
    if (retryAfterMillis > 0) await this.#sleep(retryAfterMillis);
    this.#mayHurry = true;
    if (millis > retryAfterMillis && !this.#stopped) await this.#sleep(millis - retryAfterMillis);
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

/** Waits for attributes that are still being detected; such promises never reject. */
async function resourcesOf(records: readonly ReadableLogRecord[]): Promise<void> {
  const pending = new Set(
    records.map(({ resource }) => resource).filter((resource) => resource.asyncAttributesPending),
  );
  for (const resource of pending) await resource.waitForAsyncAttributes?.();
}
