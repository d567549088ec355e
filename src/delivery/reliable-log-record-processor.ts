import type {
  LogRecordExporter,
  ReadableLogRecord,
  ReadWriteLogRecord,
} from "@opentelemetry/sdk-logs";
import { AuditError } from "../errors.js";
import { ATTR_GOVERNANCE_SEQUENCE } from "../semconv.js";
import type { ReliableMirror } from "./audit-mirror.js";
import { DeliveryLoop } from "./delivery-loop.js";
import { observeDelivery } from "./delivery-metrics.js";
import { guardExit, type Pending, unguardExit } from "./exit-guard.js";
import { ADVICE, type ExportFailure } from "./export-error.js";
import {
  DEFAULT_FLUSH_TIMEOUT_MILLIS,
  Departures,
  type FlushOptions,
  withDeadline,
} from "./flush.js";
import { DeliveryError, type MirrorLedger } from "./ledger.js";
import {
  type ReliableLogRecordProcessorOptions,
  type ResolvedDelivery,
  resolveDelivery,
} from "./options.js";
import { type ErrorListener, LossReporter } from "./reporter.js";
import { MemorySpool, type Spool } from "./spool.js";

/** A failure that lasts longer is reported, whatever kind it is. */
const LASTING_MILLIS = 60_000;
/** What an exporter is given for its own shutdown at least, in milliseconds, when the flush took all the time. */
const EXPORTER_SHUTDOWN_MILLIS = 1000;

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
export class ReliableLogRecordProcessor implements ReliableMirror {
  /** Keys the line in the ledger. */
  readonly name: string;
  readonly #settings: ResolvedDelivery;
  readonly #exporter: LogRecordExporter;
  #spool: Spool;
  #loop: DeliveryLoop;
  readonly #reporter: LossReporter;
  readonly #exitDuty: Pending;
  #accepted = 0;
  #delivered = 0;
  #rejected = 0;
  /** Of the rejected ones, those that there was no room for. */
  #overflowed = 0;
  #lastError: string | undefined;
  readonly #departures = new Departures();
  /** Rejections that a flush has told of. */
  #told = 0;
  #observed = false;
  #shutdown: Promise<void> | undefined;

  /** Starts with nothing pending. Throws `invalid_options`. */
  constructor(options: ReliableLogRecordProcessorOptions) {
    const settings = resolveDelivery(options);
    this.name = settings.name;
    this.#settings = settings;
    this.#exporter = options.exporter;
    this.#spool = new MemorySpool(settings.maxPending);
    this.#reporter = new LossReporter(settings.name);
    if (settings.onError !== undefined) this.#reporter.listen(settings.onError);
    this.#loop = this.#loopOver(this.#spool);
    this.#exitDuty = this.#makeExitDuty();
  }

  /** Whether a journal that does not know it yet hands it all entries. */
  get backfill(): boolean {
    return this.#settings.backfill;
  }

  /**
   * Delivers from this spool instead of the one in memory, first of all what is pending there; called by a log with a
   * journal, before the first record.
   */
  useSpool(spool: Spool): void {
    this.#spool = spool;
    this.#loop = this.#loopOver(spool);
    spool.onPending?.((ahead) => this.#takePending(ahead));
    this.#takePending(0);
  }

  /** Adds a listener for rejections and lasting failures; called by the log that owns the mirror. */
  reportTo(onError: ErrorListener): void {
    this.#reporter.listen(onError);
  }

  /**
   * Whether so many more records could be taken; for the log that owns the mirror.
   *
   * @throws `AuditError` `delivery_failed` when they could not and `whenFull` is `"throw"`.
   */
  checkRoom(count: number): void {
    if (this.#settings.whenFull === "throw" && this.#spool.size + count > this.#spool.capacity)
      throw this.#full();
  }

  /**
   * Takes a record as it is; never waits. With `whenFull: "throw"` it throws `delivery_failed` when there is no room for
   * it, and the record was not accepted.
   */
  onEmit(record: ReadWriteLogRecord): void {
    this.checkRoom(1);
    if (!this.#observed) this.#observe();
    // a durable spool has the record already, and the next start delivers it
    if (this.#shutdown !== undefined && !this.#spool.durable)
      this.#refuse(record, "it came after the shutdown");
    else if (this.#spool.size >= this.#spool.capacity) {
      this.#overflowed++;
      this.#refuse(record, this.#full().message);
    } else {
      if (this.#spool.size === 0) guardExit(this.#exitDuty);
      this.#accepted += this.#spool.add({ record, since: performance.now() });
      this.#loop.notice();
    }
  }

  /** What became of the records so far. */
  ledger(): MirrorLedger {
    const age = this.#oldestPendingMillis();
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      pending: this.#spool.size,
      rejected: this.#rejected,
      ...(age !== undefined && { oldestPendingMillis: Math.round(age) }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  /**
   * Delivers what was accepted before the call, without delay. What arrives meanwhile is delivered in its turn.
   *
   * @throws `DeliveryError` `delivery_failed` when something is still pending after `timeoutMillis` (default
   * {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000), when something was rejected since the last flush that settled, or when
   * the exporter's own flush fails.
   */
  forceFlush(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = options.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS;
    const shutdown = this.#shutdown;
    if (shutdown === undefined) return this.#flush(timeoutMillis);
    return withDeadline(() => shutdown, timeoutMillis, `the shutdown of ${this.name}`);
  }

  /**
   * Flushes, then closes the exporter; once, later calls return the same promise.
   *
   * @throws `DeliveryError` `delivery_failed` when anything was rejected in the whole life of the processor, is still
   * pending after `timeoutMillis` (default {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000), or when the exporter fails.
   */
  shutdown(options: FlushOptions = {}): Promise<void> {
    this.#shutdown ??= this.#close(options.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return this.#shutdown;
  }

  async #flush(timeoutMillis: number): Promise<void> {
    const told = this.#told;
    const deadline = performance.now() + timeoutMillis;
    const left = this.#departures.next(this.#spool.size, timeoutMillis);
    this.#loop.hurry();
    const pending = await left;
    this.#loop.relax();
    const rejected = this.#rejected - told;
    this.#told = this.#rejected;
    if (pending > 0 || rejected > 0) throw this.#undelivered(pending, rejected);
    await this.#ask(() => this.#exporter.forceFlush(), deadline - performance.now());
  }

  async #close(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    const failure = await this.#flush(timeoutMillis).then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#loop.stop();
    const left = Math.max(EXPORTER_SHUTDOWN_MILLIS, deadline - performance.now());
    await this.#ask(() => this.#exporter.shutdown(), left);
    // what is pending will not be delivered any more; at the exit it is said once more
    if (this.#spool.size > 0 || this.#rejected > 0)
      throw this.#undelivered(this.#spool.size, this.#rejected);
    if (failure !== undefined) throw failure;
  }

  /** Lets the exporter do something, as long as there is time. */
  async #ask(work: () => Promise<void>, timeoutMillis: number): Promise<void> {
    try {
      await withDeadline(work, Math.max(1, timeoutMillis), `the exporter of ${this.name}`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw this.#error(`${this.name}: ${reason}`, cause);
    }
  }

  /** What is pending without having been emitted here: of an earlier process, or sent again. */
  #takePending(ahead: number): void {
    this.#accepted = this.#delivered + this.#rejected + this.#spool.size;
    this.#departures.postpone(ahead);
    if (this.#spool.size > 0) guardExit(this.#exitDuty);
    this.#loop.notice();
  }

  #loopOver(spool: Spool): DeliveryLoop {
    return new DeliveryLoop(this.#exporter, spool, this.#settings, {
      delivered: (count) => this.#onDelivered(count),
      rejected: (record, reason) => this.#onRejected(record, reason),
      failed: (failure) => this.#onFailed(failure),
    });
  }

  #onDelivered(count: number): void {
    this.#delivered += count;
    this.#lastError = undefined;
    this.#onLeft(count);
  }

  #onRejected(record: ReadableLogRecord, reason: string): void {
    this.#reject(record, reason);
    this.#onLeft(1);
  }

  #onLeft(count: number): void {
    if (this.#spool.size === 0) unguardExit(this.#exitDuty);
    this.#departures.add(count);
  }

  #onFailed({ kind, reason }: ExportFailure): void {
    this.#lastError = reason;
    const isLasting = (this.#oldestPendingMillis() ?? 0) > LASTING_MILLIS;
    const advice =
      ADVICE[kind] ?? (isLasting ? "this has lasted for more than a minute" : undefined);
    if (advice !== undefined) this.#reporter.stuck(reason, advice);
  }

  #reject(record: ReadableLogRecord, reason: string): void {
    this.#rejected++;
    this.#lastError = reason;
    const sequence = record.attributes[ATTR_GOVERNANCE_SEQUENCE];
    this.#reporter.lost(
      sequence === undefined ? "a record" : `the record of sequence ${sequence}`,
      reason,
    );
  }

  #refuse(record: ReadableLogRecord, reason: string): void {
    this.#accepted++;
    this.#reject(record, reason);
  }

  #oldestPendingMillis(): number | undefined {
    const { oldestSince } = this.#spool;
    return oldestSince === undefined ? undefined : performance.now() - oldestSince;
  }

  #full(): AuditError {
    const message = `${this.name}: ${this.#spool.capacity} records are pending, no room for more`;
    return new AuditError("delivery_failed", message);
  }

  #undelivered(pending: number, rejected: number): DeliveryError {
    const last = this.#lastError === undefined ? "" : `; last: ${this.#lastError}`;
    const where = pending > 0 && this.#spool.isSafe() ? ", safe in the journal" : "";
    return this.#error(`${this.name}: ${pending} pending${where}, ${rejected} rejected${last}`);
  }

  #error(message: string, cause?: unknown): DeliveryError {
    const line = this.ledger();
    return new DeliveryError(
      message,
      { accepted: line.accepted, mirrors: { [this.name]: line } },
      cause,
    );
  }

  #observe(): void {
    this.#observed = true;
    const self = new WeakRef(this); // a meter keeps its callbacks while it lives
    observeDelivery(this.#settings.meterProvider(), this.name, this.#spool.capacity, () => {
      const processor = self.deref();
      return processor && { ...processor.ledger(), overflowed: processor.#overflowed };
    });
  }

  #makeExitDuty(): Pending {
    const pending = (): number => this.#spool.size;
    const isLost = (): boolean => !this.#spool.isSafe();
    return {
      what: `undelivered record(s) of ${this.name}`,
      get pending() {
        return pending();
      },
      get isLost() {
        return isLost();
      },
      // what it could not deliver is said at the exit itself
      deliver: (timeoutMillis) => this.#flush(timeoutMillis).catch(() => {}),
    };
  }
}
