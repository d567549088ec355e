import type { Context, SpanContext } from "@opentelemetry/api";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { FlushOptions } from "../delivery/flush.js";
import type { About } from "../entry/about.js";
import type { ValidEvent } from "../entry/audit-event.js";
import type { KnownKinds } from "../entry/operations.js";
import { isSealed } from "../record/sealed-record.js";
import { ATTR_GOVERNANCE_OPERATION, SCOPE_NAME } from "../semconv.js";
import { AuditLog } from "./audit-log.js";
import { DRAFT, Draft } from "./draft.js";
import { type AuditLogProcessorOptions, resolveOptions } from "./options.js";
import type { Retention } from "./retention.js";
import { SealedLog } from "./sealed-log.js";

/**
 * The log as an OpenTelemetry log record processor. It seals governance records as they pass, holds
 * the newest in memory, answers queries, and hands the records on to its mirrors. All other records
 * pass untouched.
 *
 * It seals what a `GovernanceAuditLog` that is attached to it logs, and every record of the app's
 * own loggers that has a `governance.operation` attribute. Processors that stand after it in the
 * provider see the sealed record.
 *
 * @example In an app's own provider
 * ```ts
 * import {
 *   BatchLogRecordProcessor,
 *   ConsoleLogRecordExporter,
 *   LoggerProvider,
 * } from "@opentelemetry/sdk-logs";
 * import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
 *
 * const processor = new AuditLogProcessor({ logId: "acme.example/governance" });
 * const exporter = new ConsoleLogRecordExporter();
 * const loggerProvider = new LoggerProvider({
 *   processors: [processor, new BatchLogRecordProcessor({ exporter })],
 * });
 * const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
 * ```
 */
export class AuditLogProcessor extends AuditLog implements LogRecordProcessor {
  readonly #log: SealedLog;

  /** Makes a log, or goes on where its journal ends. Throws `invalid_options`, `journal_failed`. */
  constructor(options: AuditLogProcessorOptions = {}) {
    const log = new SealedLog(resolveOptions(options));
    super(log);
    this.#log = log;
  }

  /** How many records of the app's own loggers could not be recorded. Each went to `onError`. */
  get refusedRecords(): number {
    return this.#log.refused;
  }

  /**
   * Part of `LogRecordProcessor`; called by the provider. Throws for a helper's record that cannot
   * be recorded, so that no processor after this one sees it. Never throws for a record of the
   * app's own.
   */
  onEmit(record: Parameters<LogRecordProcessor["onEmit"]>[0], context?: Context): void {
    const draft = context?.getValue(DRAFT);
    if (
      draft instanceof Draft &&
      draft.log === this.#log &&
      record.instrumentationScope.name === SCOPE_NAME
    ) {
      if (draft.isOpen) this.#log.commit(draft, record, context);
    } else if (
      record.attributes[ATTR_GOVERNANCE_OPERATION] !== undefined &&
      !isSealed(record.attributes)
    )
      this.#log.commitForeign(record, context);
  }

  /** @internal The kinds of proposals that the log knows. */
  get kinds(): KnownKinds {
    return this.#log.kinds;
  }

  /** @internal What the log keeps, and what it removes. */
  get retention(): Retention {
    return this.#log.retention;
  }

  /** @internal A draft that this processor commits when it comes by in the context of a record. */
  draft(event: ValidEvent, spanContext: SpanContext | undefined, about: About | undefined): Draft {
    return this.#log.draft(event, spanContext, about);
  }

  /** The same as {@link AuditLog.flush}; part of `LogRecordProcessor`. */
  forceFlush(options?: FlushOptions): Promise<void> {
    return this.flush(options);
  }

  /**
   * Flushes the mirrors and shuts them down, once. Nothing more is recorded from the moment of the
   * call. Later calls wait for the first.
   *
   * @throws {@link AuditError} `delivery_failed` (a {@link DeliveryError}, which has the ledger)
   * when a mirror failed or was not done in time; `invalid_options`.
   */
  shutdown(options?: FlushOptions): Promise<void> {
    return this.#log.lifecycle.shutdown(options);
  }
}
