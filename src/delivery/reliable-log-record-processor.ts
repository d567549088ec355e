import type {
  ForceFlushOptions,
  LogRecordExporter,
  ReadableLogRecord,
  ReadWriteLogRecord,
} from "@opentelemetry/sdk-logs";
import { AuditError } from "../errors.js";
import { ATTR_GOVERNANCE_SEQUENCE } from "../semconv.js";
import type { AuditMirror } from "./audit-mirror.js";
import { MAX_TIMER_MILLIS } from "./deadline.js";
import { DeliveryLoop } from "./delivery-loop.js";
import { observeDelivery } from "./delivery-metrics.js";
import { guardExit } from "./exit-guard.js";
import type { ExportFailure } from "./export-failure.js";
import { DeliveryError, type MirrorLedger } from "./ledger.js";
import { LossReporter } from "./loss-reporter.js";
import { MemorySpool } from "./memory-spool.js";
import { type ReliableLogRecordProcessorOptions, resolveDelivery } from "./options.js";

/** How long a flush waits unless it is told otherwise, in milliseconds. */
export const DEFAULT_DELIVERY_TIMEOUT_MILLIS = 30_000;

/**
 * Delivers log records through any exporter and keeps a ledger of them: at every moment accepted = delivered + pending
 * + rejected. It stands where `BatchLogRecordProcessor` stands, in any OpenTelemetry app, and differs in what happens
 * when things go wrong: a batch is kept until the exporter says success, and tried again without an end; a record that
 * the backend refuses for good stands alone before it is rejected; what is rejected has a reason and is reported; and
 * `forceFlush` and `shutdown` tell whether all was delivered.
 *
 * @example Instead of the batch processor
 * ```ts
 * import { ConsoleLogRecordExporter, LoggerProvider } from "@opentelemetry/sdk-logs";
 * import { ReliableLogRecordProcessor } from "quorumlog/delivery";
 *
 * const processor = new ReliableLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() });
 * const provider = new LoggerProvider({ processors: [processor] });
 * provider.getLogger("app").emit({ body: "hello" });
 * await processor.forceFlush({ timeoutMillis: 5000 });
 * console.log(processor.ledger()); // { accepted: 1, delivered: 1, pending: 0, rejected: 0 }
 * ```
 */
export class ReliableLogRecordProcessor implements AuditMirror {
  /** Keys the line in the ledger. */
  readonly name: string;
  readonly #exporter: LogRecordExporter;
  readonly #spool: MemorySpool;
  readonly #loop: DeliveryLoop;
  readonly #reporter: LossReporter;
  readonly #failClosed: boolean;
  readonly #unobserve: () => void;
  readonly #unguard: () => void;
  #accepted = 0;
  #delivered = 0;
  #rejected = 0;
  #lastError: string | undefined;
  /** Records that left the spool, one way or the other, and those who wait for so many. */
  #left = 0;
  readonly #waiting = new Set<{ readonly left: number; readonly resolve: () => void }>();
  /** Rejections that a flush has told of. */
  #told = 0;
  #shutdown: Promise<void> | undefined;

  /** Starts with nothing pending. Throws `invalid_options`. */
  constructor(options: ReliableLogRecordProcessorOptions) {
    const settings = resolveDelivery(options);
    this.name = settings.name;
    this.#exporter = options.exporter;
    this.#failClosed = settings.whenFull === "throw";
    this.#spool = new MemorySpool(settings.maxPending);
    this.#reporter = new LossReporter(settings.name);
    if (settings.onError !== undefined) this.#reporter.listen(settings.onError);
    this.#loop = new DeliveryLoop(options.exporter, this.#spool, settings, {
      delivered: (count) => this.#onDelivered(count),
      rejected: (record, reason) => this.#onRejected(record, reason),
      failed: (failure) => this.#onFailed(failure),
    });
    this.#unobserve = observeDelivery(settings.meterProvider, this.name, settings.maxPending, () =>
      this.ledger(),
    );
    this.#unguard = guardExit(this.#exitDuty());
  }

  /** Adds a listener for rejections and configuration faults; called by the log that owns the mirror. */
  reportTo(onError: (error: AuditError) => void): void {
    this.#reporter.listen(onError);
  }

  /**
   * Whether so many more records could be taken; for the log that owns the mirror.
   *
   * @throws `AuditError` `delivery_failed` when they could not and `whenFull` is `"throw"`.
   */
  checkRoom(count: number): void {
    if (this.#failClosed && this.#spool.size + count > this.#spool.capacity) throw this.#full();
  }

  /**
   * Takes a record; never waits. With `whenFull: "throw"` it throws `delivery_failed` when there is no room for it, and
   * the record was not accepted.
   */
  onEmit(record: ReadWriteLogRecord): void {
    this.checkRoom(1);
    this.#accepted++;
    if (this.#shutdown !== undefined) this.#reject(record, "it came after the shutdown");
    else if (this.#spool.size >= this.#spool.capacity) this.#reject(record, this.#full().message);
    else {
      this.#spool.add({ record, since: performance.now() });
      this.#loop.notice();
    }
  }

  /** What became of the records so far. */
  ledger(): MirrorLedger {
    const [oldest] = this.#spool.peek(1);
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      pending: this.#spool.size,
      rejected: this.#rejected,
      ...(oldest !== undefined && { oldestPendingMillis: Math.round(performance.now() - oldest.since) }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  /**
   * Delivers what was accepted before the call, without delay. What arrives meanwhile is delivered in its turn.
   *
   * @throws {@link DeliveryError} `delivery_failed` when something is still pending after `timeoutMillis` (default
   * {@link DEFAULT_DELIVERY_TIMEOUT_MILLIS}, 30 000), or was rejected since the last flush that settled.
   */
  async forceFlush(options: ForceFlushOptions = {}): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    await this.#flush(options.timeoutMillis ?? DEFAULT_DELIVERY_TIMEOUT_MILLIS);
  }

  /**
   * Flushes, then closes the exporter; once, later calls return the same promise.
   *
   * @throws {@link DeliveryError} `delivery_failed` when anything was rejected in the whole life of the processor, or
   * is still pending after {@link DEFAULT_DELIVERY_TIMEOUT_MILLIS}.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  async #flush(timeoutMillis: number): Promise<void> {
    const told = this.#told;
    const target = this.#left + this.#spool.size;
    this.#loop.hurry();
    try {
      await this.#until(target, timeoutMillis);
      if (this.#left >= target) await this.#exporter.forceFlush();
    } finally {
      this.#loop.relax();
    }
    const pending = Math.max(0, target - this.#left);
    const rejected = this.#rejected - told;
    this.#told = this.#rejected;
    if (pending > 0 || rejected > 0) throw this.#undelivered(pending, rejected);
  }

  async #close(): Promise<void> {
    try {
      await this.#flush(DEFAULT_DELIVERY_TIMEOUT_MILLIS);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
    } finally {
      this.#loop.stop();
      this.#unobserve();
      this.#unguard();
      await this.#exporter.shutdown();
    }
    if (this.#spool.size > 0 || this.#rejected > 0) throw this.#undelivered(this.#spool.size, this.#rejected);
  }

  /** Resolves when so many records have left the spool, or after the time. */
  async #until(left: number, timeoutMillis: number): Promise<void> {
    if (this.#left >= left) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { left, resolve };
    this.#waiting.add(waiter);
    // not unref'd: whoever awaits a flush wants the process to live until it is settled
    const timer = setTimeout(resolve, Math.min(timeoutMillis, MAX_TIMER_MILLIS));
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiter);
  }

  #leave(count: number): void {
    this.#left += count;
    for (const { left, resolve } of this.#waiting) if (left <= this.#left) resolve();
  }

  #onDelivered(count: number): void {
    this.#delivered += count;
    this.#lastError = undefined;
    this.#leave(count);
  }

  #onRejected(record: ReadableLogRecord, reason: string): void {
    this.#reject(record, reason);
    this.#leave(1);
  }

  #onFailed({ kind, reason }: ExportFailure): void {
    this.#lastError = reason;
    if (kind === "configuration") this.#reporter.misconfigured(reason);
  }

  #reject(record: ReadableLogRecord, reason: string): void {
    this.#rejected++;
    this.#lastError = reason;
    const sequence = record.attributes[ATTR_GOVERNANCE_SEQUENCE];
    this.#reporter.lost(sequence === undefined ? "a record" : `the record of sequence ${sequence}`, reason);
  }

  #full(): AuditError {
    return new AuditError(
      "delivery_failed",
      `${this.name}: ${this.#spool.capacity} records are pending, no room for more`,
    );
  }

  #undelivered(pending: number, rejected: number): DeliveryError {
    const line = this.ledger();
    const last = line.lastError === undefined ? "" : `; last: ${line.lastError}`;
    return new DeliveryError(`${this.name}: ${pending} pending, ${rejected} rejected${last}`, {
      accepted: line.accepted,
      mirrors: { [this.name]: line },
    });
  }

  #exitDuty(): Parameters<typeof guardExit>[0] {
    const spool = this.#spool;
    return {
      name: this.name,
      get unsaved() {
        return spool.size;
      },
      // what it could not deliver is said at the exit itself
      deliver: (timeoutMillis) => this.#flush(timeoutMillis).catch(() => {}),
    };
  }
}
