import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { AuditError } from "../errors.js";
import { faultText } from "../http/fault.js";
import { ATTR_GOVERNANCE_SEQUENCE } from "../semconv.js";
import type { ReliableMirror } from "./audit-mirror.js";
import { DeliveryLoop } from "./delivery-loop.js";
import { observeDelivery } from "./delivery-metrics.js";
import { guardExit, type Pending, unguardExit } from "./exit-guard.js";
import { ADVICE, type ExportFailure } from "./export-error.js";
import {
  DEFAULT_FLUSH_TIMEOUT_MILLIS,
  Departures,
  type EarlyEnd,
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

/** A failure of any kind that lasts longer than this is reported. */
const LASTING_MILLIS = 60_000;
/** An exporter has at least this long for its own shutdown, however long the flush took. */
const MIN_EXPORTER_SHUTDOWN_MILLIS = 100;
/** And at most this long where the shutdown ends early. */
const EARLY_EXPORTER_SHUTDOWN_MILLIS = 1000;

/**
 * Delivers log records through any exporter and keeps a ledger of them: at every moment, accepted =
 * delivered + pending + rejected. It takes the place of `BatchLogRecordProcessor` in any
 * OpenTelemetry app, and differs in what happens when something goes wrong:
 *
 * - A batch is kept, and tried again, until the exporter reports success.
 * - A record that the backend refuses is rejected only after it was refused in a batch of its own.
 * - Every rejection has a reason and is reported.
 * - `forceFlush` and `shutdown` reject when something was not delivered.
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
  /** How many were rejected because the spool was full. */
  #overflowed = 0;
  #lastError: string | undefined;
  readonly #departures = new Departures();
  /** How many of the rejected records a flush has reported. */
  #reportedRejections = 0;
  #observed = false;
  #shutdown: Promise<void> | undefined;

  /**
   * Makes a processor with nothing pending.
   *
   * @throws `AuditError` `invalid_options`.
   */
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

  /** Whether a journal that does not know the name yet hands the processor all entries. */
  get backfill(): boolean {
    return this.#settings.backfill;
  }

  /**
   * Delivers from this spool instead of the one in memory, beginning with what is pending there. A
   * log with a journal calls this before the first record.
   */
  useSpool(spool: Spool): void {
    this.#spool = spool;
    this.#loop = this.#loopOver(spool);
    spool.onPending?.((ahead) => this.#takePending(ahead));
    this.#takePending(0);
  }

  /**
   * Adds a listener for rejections and lasting failures. The log that owns the mirror calls this.
   */
  reportTo(onError: ErrorListener): void {
    this.#reporter.listen(onError);
  }

  /**
   * Checks, for the log that owns the mirror, that there is room for `count` more records.
   *
   * @throws `AuditError` `delivery_failed` if there is none and `whenFull` is `"throw"`.
   */
  checkRoom(count: number): void {
    if (this.#settings.whenFull === "throw" && this.#spool.size + count > this.#spool.capacity)
      throw this.#full();
  }

  /**
   * Takes a record as it is now. Never waits.
   *
   * @throws `AuditError` `delivery_failed` if there is no room and `whenFull` is `"throw"`. The
   * record is then not accepted.
   */
  onEmit(record: ReadableLogRecord): void {
    this.checkRoom(1);
    if (!this.#observed) this.#observe();
    // a durable spool has the record already; the next start delivers it
    if (this.#shutdown !== undefined && !this.#spool.durable)
      this.#refuse(record, "it came after the shutdown");
    else if (this.#spool.size >= this.#spool.capacity) {
      this.#overflowed++;
      this.#refuse(record, this.#full().message);
    } else {
      this.#accepted += this.#spool.add({ record, since: performance.now() });
      guardExit(this.#exitDuty);
      this.#loop.notice();
    }
  }

  /** Says what became of the records so far. */
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
   * Delivers without delay what was accepted before the call. It does not wait for records that
   * arrive later.
   *
   * @throws `DeliveryError` `delivery_failed` if something is still pending after `timeoutMillis`
   * (default {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000), if something was rejected since the
   * last flush that settled, or if the exporter's own flush fails.
   */
  forceFlush(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = options.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS;
    const shutdown = this.#shutdown;
    if (shutdown === undefined) return this.#flush(timeoutMillis);
    return withDeadline(() => shutdown, timeoutMillis, `the shutdown of ${this.name}`);
  }

  /**
   * Flushes, then shuts the exporter down. Later calls return the same promise. It ends before
   * `timeoutMillis` (default {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000) when nothing was
   * delivered for `shutdownTimeoutMillis`, and all that is pending is safe in a journal.
   *
   * @throws `DeliveryError` `delivery_failed` if any record was rejected in the whole life of the
   * processor, if something is still pending, or if the exporter fails. Its `isSafe` says whether
   * the next start delivers everything.
   */
  shutdown(options: FlushOptions = {}): Promise<void> {
    this.#shutdown ??= this.#close(options.timeoutMillis ?? DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return this.#shutdown;
  }

  async #flush(timeoutMillis: number, early?: EarlyEnd): Promise<void> {
    const reported = this.#reportedRejections;
    const deadline = performance.now() + timeoutMillis;
    const left = this.#departures.next(this.#spool.size, timeoutMillis, early);
    this.#loop.hurry();
    const pending = await left;
    this.#loop.relax();
    const rejected = this.#rejected - reported;
    this.#reportedRejections = this.#rejected;
    if (pending > 0 || rejected > 0) throw this.#undelivered(pending, rejected);
    // exporters had no such method before sdk-logs 0.215
    await this.#ask(async () => this.#exporter.forceFlush?.(), deadline - performance.now());
  }

  async #close(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    let endedEarly = false;
    const failure = await outcomeOf(
      this.#flush(timeoutMillis, {
        idleMillis: this.#settings.shutdownTimeoutMillis,
        mayEnd: () => {
          endedEarly = this.#spool.isSafe();
          return endedEarly;
        },
      }),
    );
    this.#loop.stop();
    const left = deadline - performance.now();
    const closing = this.#ask(
      () => this.#exporter.shutdown(),
      Math.max(
        MIN_EXPORTER_SHUTDOWN_MILLIS,
        endedEarly ? Math.min(left, EARLY_EXPORTER_SHUTDOWN_MILLIS) : left,
      ),
    );
    const exporterFailure = await outcomeOf(closing);
    // what is said below holds from now on: the next log sends what is pending in a journal
    this.#loop.close();
    // what is still pending will not be delivered; a line at the exit of the process repeats that
    if (this.#spool.size > 0 || this.#rejected > 0)
      throw this.#undelivered(this.#spool.size, this.#rejected, {
        until: " for the next start",
        cause: exporterFailure,
      });
    if (exporterFailure !== undefined) throw exporterFailure;
    if (failure !== undefined) throw failure;
  }

  /** Waits for work of the exporter, but not past the time. */
  async #ask(work: () => Promise<void>, timeoutMillis: number): Promise<void> {
    try {
      await withDeadline(work, Math.max(1, timeoutMillis), `the exporter of ${this.name}`);
    } catch (cause) {
      throw this.#error(`${this.name}: ${faultText(cause) || "the exporter failed"}`, cause);
    }
  }

  /** Accepts what is pending without an `onEmit`: from an earlier process, or to be sent again. */
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
    if (this.#shutdown !== undefined) return; // it rejects with this reason, if it fails
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

  #undelivered(
    pending: number,
    rejected: number,
    { until = "", cause }: { readonly until?: string; readonly cause?: unknown } = {},
  ): DeliveryError {
    const reason = this.#lastError ?? (this.#loop.isExporting ? "no answer yet" : undefined);
    const last = reason === undefined ? "" : `; last: ${reason}`;
    const isInJournal = pending > 0 && this.#spool.isSafe();
    const where = isInJournal ? `, safe in the journal${until}` : "";
    return this.#error(
      `${this.name}: ${pending} pending${where}, ${rejected} rejected${last}`,
      cause,
      isInJournal && rejected === 0,
    );
  }

  #error(message: string, cause?: unknown, isSafe?: boolean): DeliveryError {
    const line = this.ledger();
    return new DeliveryError(
      message,
      { accepted: line.accepted, mirrors: { [this.name]: line } },
      cause,
      isSafe,
    );
  }

  #observe(): void {
    this.#observed = true;
    const self = new WeakRef(this); // a meter never forgets its callbacks
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
      // a line at the exit of the process says what could not be delivered
      deliver: async (timeoutMillis) => {
        if (this.#shutdown === undefined) await outcomeOf(this.#flush(timeoutMillis));
      },
    };
  }
}

/** What a promise rejects with. Undefined if it resolves. */
function outcomeOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
