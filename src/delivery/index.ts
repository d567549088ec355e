export type { AuditMirror } from "./audit-mirror.js";
export { ExportError, type ExportErrorOptions } from "./export-error.js";
export { DeliveryError, type Ledger, type MirrorLedger } from "./ledger.js";
export {
  DEFAULT_DELAY_MILLIS,
  DEFAULT_EXPORT_TIMEOUT_MILLIS,
  DEFAULT_INITIAL_BACKOFF_MILLIS,
  DEFAULT_MAX_BACKOFF_MILLIS,
  DEFAULT_MAX_BATCH_SIZE,
  DEFAULT_MAX_PENDING,
  DEFAULT_MIRROR_NAME,
  type DeliveryOptions,
  type ReliableLogRecordProcessorOptions,
} from "./options.js";
export {
  DEFAULT_DELIVERY_TIMEOUT_MILLIS,
  ReliableLogRecordProcessor,
} from "./reliable-log-record-processor.js";
