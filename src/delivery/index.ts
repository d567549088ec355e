/**
 * Delivers log records with a ledger, over any exporter: `ReliableLogRecordProcessor` takes the
 * place of the SDK's batch processor.
 *
 * @packageDocumentation
 */

export type { AuditMirror, ReliableMirror } from "./audit-mirror.js";
export { ExportError, type ExportErrorOptions } from "./export-error.js";
export { DEFAULT_FLUSH_TIMEOUT_MILLIS, type FlushOptions } from "./flush.js";
export { DeliveryError, type Ledger, type MirrorLedger } from "./ledger.js";
export {
  DEFAULT_DELAY_MILLIS,
  DEFAULT_EXPORT_TIMEOUT_MILLIS,
  DEFAULT_INITIAL_BACKOFF_MILLIS,
  DEFAULT_MAX_BACKOFF_MILLIS,
  DEFAULT_MAX_BATCH_SIZE,
  DEFAULT_MAX_CONCURRENT_EXPORTS,
  DEFAULT_MAX_PENDING,
  DEFAULT_MIRROR_NAME,
  DEFAULT_SHUTDOWN_TIMEOUT_MILLIS,
  type DeliveryOptions,
  type ReliableLogRecordProcessorOptions,
} from "./options.js";
export { ReliableLogRecordProcessor } from "./reliable-log-record-processor.js";
export type { ErrorListener } from "./reporter.js";
