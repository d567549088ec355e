import type { Context } from "@opentelemetry/api";
import type { LogRecordProcessor, ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import type { FlushOptions } from "../delivery/audit-mirror.js";
import { DEFAULT_FLUSH_TIMEOUT_MILLIS, withDeadline } from "../delivery/deadline.js";
import { DeliveryError, type Ledger } from "../delivery/ledger.js";
import type { AuditEntry } from "../entry/audit-entry.js";
import { canonicalLine } from "../entry/line.js";
import { invalidOption } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import { type AuditQuery, parseQuery } from "../query/audit-query.js";
import type { AuditReader } from "../query/audit-reader.js";
import { type AuditPage, pageOf } from "../query/audit-reader.js";
import { isSealed } from "../record/sealed-record.js";
import { ATTR_GOVERNANCE_OPERATION, SCOPE_NAME } from "../semconv.js";
import { DRAFT, type Draft } from "./draft.js";
import { type AuditLogProcessorOptions, resolveOptions } from "./options.js";
import { SealedLog } from "./sealed-log.js";

let logOf: (processor: AuditLogProcessor) => SealedLog;

/**
 * The log as an OpenTelemetry log record processor: seals governance records as they pass, holds the newest in memory,
 * hands them on to its mirrors and answers queries. All other records pass untouched.
 *
 * It seals what a `GovernanceAuditLog` that is attached to it logs, and every record of the app's own loggers that has
 * a `governance.operation` attribute. Processors that stand after it in the provider see the sealed record.
 *
 * @example In an app's own provider
 * ```ts
 * import { BatchLogRecordProcessor, ConsoleLogRecordExporter, LoggerProvider } from "@opentelemetry/sdk-logs";
 * import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
 *
 * const processor = new AuditLogProcessor({ logId: "acme.example/governance" });
 * const loggerProvider = new LoggerProvider({
 *   processors: [processor, new BatchLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })],
 * });
 * const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
 * ```
 */
export class AuditLogProcessor implements LogRecordProcessor, AuditReader {
  readonly #log: SealedLog;
  #shutdown: Promise<void> | undefined;

  static {
    logOf = (processor) => processor.#log;
  }

  /**
   * Makes an empty log. Throws `invalid_options`.
   */
  constructor(options: AuditLogProcessorOptions = {}) {
    this.#log = new SealedLog(resolveOptions(options));
  }

  /** The log id that every entry is sealed under. */
  get logId(): string {
    return this.#log.id;
  }

  /** How many entries memory holds. */
  get length(): number {
    return this.#log.memory.length;
  }

  /** How many records of the app's own loggers could not be recorded; each went to `onError`. */
  get refusedRecords(): number {
    return this.#log.refused;
  }

  /**
   * Part of `LogRecordProcessor`; called by the provider. Throws for a helper's record that cannot be recorded, so that
   * no processor after this one sees it, and never for a record of the app's own.
   */
  onEmit(record: ReadWriteLogRecord, context?: Context): void {
    const draft = context?.getValue(DRAFT) as Draft | undefined;
    if (
      draft !== undefined &&
      draft.log === this.#log &&
      record.instrumentationScope.name === SCOPE_NAME
    ) {
      if (draft.entry === undefined && !draft.void) this.#log.commit(draft, record, context);
    } else if (
      record.attributes[ATTR_GOVERNANCE_OPERATION] !== undefined &&
      !isSealed(record.attributes)
    )
      this.#log.commitForeign(record, context);
  }

  /** The entries of a query, newest first unless it says otherwise. Throws `invalid_query`. */
  entries(query?: AuditQuery): AuditEntry[] {
    return this.#log.memory.select(parseQuery(query));
  }

  /** One page of a query with the cursor of the next. Throws `invalid_query`. */
  page(query?: AuditQuery): AuditPage {
    return pageOf(parseQuery(query), (parsed) => this.#log.memory.select(parsed));
  }

  /** How many entries in memory a query matches. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number {
    return this.#log.memory.count(parseQuery(query));
  }

  /** The entry of a sequence, if memory holds it. */
  get(sequence: number): AuditEntry | undefined {
    return this.#log.memory.get(sequence);
  }

  /** The canonical lines of what memory holds at the call, oldest first, without line ends. */
  lines(): Iterable<string> {
    return linesOf(this.#log.id, this.#log.memory.snapshot());
  }

  /** Empties memory alone: the sequence and the mirrors go on. */
  clear(): void {
    this.#log.memory.clear();
  }

  /**
   * Signs the Merkle tree over all entries; the checkpoint goes to the journal, and on to the mirrors.
   *
   * @throws {@link AuditError} `invalid_options` when the log has no `signer`; `signing_failed`, `journal_failed`,
   * `verification_failed` when the journal is not what was signed before.
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#log.checkpoint();
  }

  /**
   * Proves one entry, or all of a proposal, to somebody who has nothing but the log's public key: the text of a C2SP
   * tlog-proof file, or an evidence bundle (JSON). Signs a checkpoint first, where the newest is not over what is to be proven.
   *
   * @throws {@link AuditError} `invalid_options` when the log has no journal; `journal_failed` when there is no such
   * entry, or nothing signed it; `verification_failed`, `signing_failed`, `invalid_query`.
   */
  prove(what: number | { readonly proposalId: string }): Promise<string> {
    return this.#log.prove(what);
  }

  /** What was accepted, and what became of it in each reliable mirror. */
  ledger(): Ledger {
    return { accepted: this.#log.accepted, mirrors: this.#log.mirrors.ledger() };
  }

  /**
   * Waits until the mirrors have delivered what they hold.
   *
   * @throws {@link DeliveryError} `delivery_failed` with the ledger, when a mirror failed or was not done in time;
   * {@link AuditError} `invalid_options`.
   */
  async flush(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = timeoutOf(options);
    const shutdown = this.#shutdown;
    if (shutdown === undefined)
      return this.#settle(
        "flush",
        await this.#afterJournal(timeoutMillis, (left) => this.#log.mirrors.flush(left)),
      );
    try {
      await withDeadline(() => shutdown, timeoutMillis, "the shutdown");
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      this.#settle("flush", [error]);
    }
  }

  /** The same as {@link AuditLogProcessor.flush}; part of `LogRecordProcessor`. */
  forceFlush(options?: FlushOptions): Promise<void> {
    return this.flush(options);
  }

  /**
   * Flushes and shuts the mirrors down, once; records nothing more from the moment of the call. Later calls return the
   * same promise.
   *
   * @throws {@link DeliveryError} `delivery_failed` with the ledger, when a mirror failed or was not done in time;
   * {@link AuditError} `invalid_options`.
   */
  async shutdown(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = timeoutOf(options);
    this.#shutdown ??= this.#close(timeoutMillis);
    return this.#shutdown;
  }

  async #close(timeoutMillis: number): Promise<void> {
    this.#log.close();
    const failures = await this.#afterJournal(timeoutMillis, async (left) => {
      const deadline = performance.now() + left;
      const unsigned = await failureOf(this.#log.signLast(left));
      return [...unsigned, ...(await this.#log.mirrors.shutdown(leftUntil(deadline)))];
    });
    try {
      this.#log.closeJournal();
    } catch (error) {
      failures.push(error);
    }
    this.#settle("shutdown", failures);
  }

  /** Mirrors are handed what the journal has. */
  async #afterJournal(
    timeoutMillis: number,
    work: (timeoutMillis: number) => Promise<unknown[]>,
  ): Promise<unknown[]> {
    const deadline = performance.now() + timeoutMillis;
    const uncommitted = await failureOf(this.#log.settleJournal(timeoutMillis));
    return [...uncommitted, ...(await work(leftUntil(deadline)))];
  }

  #settle(what: string, failures: readonly unknown[]): void {
    if (failures.length === 0) return;
    const cause = failures.length === 1 ? failures[0] : new AggregateError(failures);
    throw new DeliveryError(`${what}: ${failures.map(messageOf).join("; ")}`, this.ledger(), cause);
  }
}

function timeoutOf(options: FlushOptions): number {
  if (typeof options !== "object" || options === null)
    throw invalidOption("options", "expected an object");
  const { timeoutMillis = DEFAULT_FLUSH_TIMEOUT_MILLIS } = options;
  if (!(Number.isFinite(timeoutMillis) && timeoutMillis > 0))
    throw invalidOption("timeoutMillis", "expected a positive number of milliseconds");
  return timeoutMillis;
}

/** What the work failed with, as a list of none or one. */
function failureOf(work: Promise<void>): Promise<unknown[]> {
  return work.then(
    () => [],
    (error: unknown) => [error],
  );
}

function leftUntil(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function* linesOf(
  logId: string,
  entries: readonly AuditEntry[],
): Generator<string, void, undefined> {
  for (const entry of entries) yield canonicalLine(logId, entry);
}

/** The log behind a processor; for the face over it alone. */
export function sealedLogOf(processor: AuditLogProcessor): SealedLog {
  return logOf(processor);
}
