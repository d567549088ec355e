import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type BackoffOptions, backoffMillis } from "../http/retry.js";
import { type Batch, type BatchLimits, BatchPlan } from "./batch-plan.js";
import { Pause, ScheduledStart } from "./delivery-timers.js";
import { type ExportFailure, exportFailure } from "./export-error.js";
import { exportOnce } from "./export-once.js";
import type { Spool, SpooledRecord } from "./spool.js";

/** A longer Retry-After is taken for a mistake. */
const MAX_RETRY_AFTER_MILLIS = 3_600_000;

/** Upper bound of a backoff while somebody waits for a flush. */
const HURRIED_BACKOFF_MILLIS = 1000;

/** How many records behind the front may show whether the backend is at fault. */
const MAX_PROBES = 16;

/** How a {@link DeliveryLoop} delivers. Times are in milliseconds. */
export interface DeliverySettings extends BatchLimits {
  readonly delayMillis: number;
  readonly exportTimeoutMillis: number;
  readonly backoff: BackoffOptions;
  /** Infinity for never. */
  readonly giveUpAfterMillis: number;
}

/** Listeners that hear what became of records. They must not throw. */
export interface DeliveryEvents {
  delivered(count: number): void;
  rejected(record: ReadableLogRecord, reason: string): void;
  failed(failure: ExportFailure): void;
}

/**
 * Delivers a spool from its front. A record leaves the spool only when the exporter reported
 * success, or when the record was refused in a batch of its own: a refused batch is halved, so that
 * one bad record costs no other. The same happens to a record for which a 2xx cannot be read, while
 * the backend answers other records as it should. Up to `maxConcurrentExports` exports run at once.
 * After a failure, only one.
 */
export class DeliveryLoop {
  readonly #exporter: LogRecordExporter;
  readonly #spool: Spool;
  readonly #settings: DeliverySettings;
  readonly #events: DeliveryEvents;
  /** Which records are exported next. */
  readonly #plan: BatchPlan;
  /** When it goes from idle to delivering. */
  readonly #start = new ScheduledStart(() => void this.#deliver());
  /** How long it waits after a failed attempt, while delivering. */
  readonly #pause = new Pause();
  #state: "idle" | "delivering" | "stopped" | "closed" = "idle";
  #isExporting = false;
  /** Flushes that somebody waits for. */
  #flushes = 0;
  /** The newest record that was delivered. */
  #lastDelivered: SpooledRecord | undefined;
  /** Since the last record left: how often another record was tried, and whether one passed. */
  #probes = 0;
  #othersPass = false;

  /** Makes an idle loop. {@link DeliveryLoop.notice} starts it. */
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
    this.#plan = new BatchPlan(settings);
  }

  /**
   * Schedules the delivery of what was spooled. A full batch goes in the next turn of the event
   * loop, so that the caller does not wait until the batch is read and serialized. A smaller one
   * waits for the delay.
   */
  notice(): void {
    if (this.#state !== "idle" || this.#spool.size === 0) return;
    if (this.#flushes > 0) void this.#deliver();
    else if (this.#spool.size >= this.#settings.maxBatchSize) this.#start.soon();
    else this.#start.within(this.#settings.delayMillis);
  }

  /**
   * Delivers without delay until {@link DeliveryLoop.relax}. A backoff ends at once, and later ones
   * are short. A Retry-After does not end.
   */
  hurry(): void {
    this.#flushes++;
    this.#pause.hurry();
    this.notice();
  }

  /** Ends one {@link DeliveryLoop.hurry}. */
  relax(): void {
    this.#flushes--;
  }

  /** Whether an export has no answer yet. */
  get isExporting(): boolean {
    return this.#isExporting;
  }

  /** Makes no further attempt. One that is under way may still succeed. */
  stop(): void {
    this.#state = "stopped";
    this.#start.cancel();
    this.#pause.end();
  }

  /**
   * Stops, and ignores the answer to an attempt that is under way. Otherwise, it could remove from
   * a journal what the next log has at its front, or count records that will be sent again.
   */
  close(): void {
    this.stop();
    this.#state = "closed";
  }

  /** Makes attempts until nothing is due; what remains in the spool then waits for the delay. */
  async #deliver(): Promise<void> {
    this.#state = "delivering";
    this.#start.cancel();
    do await this.#attempt();
    while (this.#isDue());
    if (this.#isStopped()) return;
    this.#state = "idle";
    this.notice();
  }

  /** Whether the next attempt follows at once. */
  #isDue(): boolean {
    const { size } = this.#spool;
    if (size === 0 || this.#isStopped()) return false;
    return size >= this.#settings.maxBatchSize || this.#flushes > 0 || this.#plan.isRecovering;
  }

  #isStopped(): boolean {
    return this.#state === "stopped" || this.#isClosed();
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Exports the next batches side by side, then acts on the answers in the order of the spool. */
  async #attempt(): Promise<void> {
    let batches: readonly Batch[];
    try {
      batches = this.#plan.next(this.#spool);
    } catch (error) {
      return this.#onFailure([], { ...exportFailure(error), kind: "unreadable" });
    }
    const { frontVersion } = this.#plan;
    this.#isExporting = true;
    const failures = await Promise.all(
      batches.map((batch, index) => this.#export(batch, index === 0)),
    );
    this.#isExporting = false;
    if (this.#isClosed()) return;
    if (frontVersion !== this.#plan.frontVersion) return; // an earlier export succeeded late
    for (const [index, batch] of batches.entries()) {
      const failure = failures[index];
      // what is behind a failed batch is sent again with it: only the front can be settled
      if (failure !== undefined) return this.#onFailure(batch, failure);
      this.#settle(batch);
    }
  }

  /** Exports one batch. A success after the time-out counts if the batch is still at the front. */
  #export(batch: Batch, isFront: boolean): Promise<ExportFailure | undefined> {
    const { frontVersion } = this.#plan;
    const records = batch.map(({ record }) => record);
    return exportOnce(this.#exporter, records, this.#settings.exportTimeoutMillis, () => {
      // without this, an exporter that is always late would get the same batch for ever
      if (!isFront || frontVersion !== this.#plan.frontVersion || this.#isClosed()) return;
      this.#settle(batch);
      this.#pause.end();
    });
  }

  async #onFailure(batch: Batch, failure: ExportFailure): Promise<void> {
    this.#events.failed(failure);
    const { kind, reason, isUnreadableSuccess } = failure;
    if (kind === "refused") return this.#refuse(batch, reason);
    if (isUnreadableSuccess && batch.length === 1) {
      if (this.#othersPass) return this.#refuse(batch, reason);
      // one more answer decides, so that a backend which recovers just now costs no record
      if (this.#plan.failuresInARow > 0 && (await this.#tryAnother())) return;
    } else if (isUnreadableSuccess && !this.#plan.repeatWhole(batch.length)) {
      this.#refuse(batch, reason);
      return this.#waitAfter(failure, batch[0]);
    } else if (kind === "partial" && !this.#plan.repeat(batch.length))
      return this.#refuse(batch, reason);
    this.#plan.failed(batch.length);
    const oldest = this.#giveUp(batch, reason);
    await this.#waitAfter(failure, oldest);
  }

  /**
   * Exports a record other than the one at the front: the last that was delivered, or one behind.
   * Returns whether it passed. It stays where it is, so a backend can get it twice.
   */
  async #tryAnother(): Promise<boolean> {
    const last = this.#lastDelivered === undefined ? [] : [this.#lastDelivered];
    const others = [...last, ...this.#spool.peek(MAX_PROBES + 1).slice(1)];
    const other = others[this.#probes++ % others.length];
    if (other === undefined) return false;
    const { exportTimeoutMillis } = this.#settings;
    const { frontVersion } = this.#plan;
    const failure = await exportOnce(
      this.#exporter,
      [other.record],
      exportTimeoutMillis,
      () => {}, // too late to say anything about the backend
    );
    this.#othersPass = failure === undefined && frontVersion === this.#plan.frontVersion;
    return this.#othersPass;
  }

  #settle(batch: Batch): void {
    this.#plan.delivered();
    this.#lastDelivered = batch.at(-1) ?? this.#lastDelivered;
    this.#noticeLeave();
    this.#spool.settle(batch.length);
    this.#events.delivered(batch.length);
  }

  /** Rejects a record that is alone in its batch. A larger batch is split. */
  #refuse(batch: Batch, reason: string): void {
    this.#plan.refused(batch.length);
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) this.#reject(first, reason);
  }

  /**
   * Rejects the records of the batch that have waited too long. Returns the oldest of the others.
   */
  #giveUp(batch: Batch, reason: string): SpooledRecord | undefined {
    const { giveUpAfterMillis } = this.#settings;
    const limit = performance.now() - giveUpAfterMillis;
    const first = batch.findIndex(({ since }) => since > limit);
    const expired = first === -1 ? batch : batch.slice(0, first);
    if (expired.length > 0) this.#plan.expired();
    for (const spooled of expired)
      this.#reject(spooled, `given up after ${giveUpAfterMillis} ms: ${reason}`);
    return batch[expired.length];
  }

  #reject({ record }: SpooledRecord, reason: string): void {
    this.#noticeLeave();
    this.#spool.reject(reason);
    this.#events.rejected(record, reason);
  }

  #noticeLeave(): void {
    this.#probes = 0;
    this.#othersPass = false;
  }

  /** Waits for the Retry-After and the backoff, whichever is longer, or until a record expires. */
  async #waitAfter(failure: ExportFailure, oldest: SpooledRecord | undefined): Promise<void> {
    if (this.#spool.size === 0 || this.#isStopped()) return;
    const now = performance.now();
    const untilExpiry = (oldest?.since ?? now) + this.#settings.giveUpAfterMillis - now;
    const retryAfter = Math.min(failure.retryAfterMillis, MAX_RETRY_AFTER_MILLIS, untilExpiry);
    if (retryAfter > 0) await this.#pause.wait("retry-after", retryAfter);
    if (this.#isStopped()) return;
    const rest = Math.min(this.#backoffMillis(), untilExpiry) - retryAfter;
    if (rest > 0) await this.#pause.wait("backoff", rest);
  }

  #backoffMillis(): number {
    const { initialMillis, maxMillis } = this.#settings.backoff;
    const bound = this.#flushes > 0 ? HURRIED_BACKOFF_MILLIS : Number.POSITIVE_INFINITY;
    const bounded = {
      initialMillis: Math.min(initialMillis, bound),
      maxMillis: Math.min(maxMillis, bound),
    };
    return backoffMillis(bounded, this.#plan.failuresInARow);
  }
}
