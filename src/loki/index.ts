/**
 * The same queries, and evidence for `verify`, from Grafana Loki.
 *
 * @packageDocumentation
 */

export type { EvidenceItem, EvidenceSource } from "../integrity/evidence.js";
export { LokiAuditReader, type LokiReadOptions } from "./loki-audit-reader.js";
export {
  DEFAULT_LOOKBACK_DAYS,
  DEFAULT_MAX_RECORDS,
  DEFAULT_TIMEOUT_MILLIS,
  type LokiAuditReaderOptions,
} from "./options.js";
