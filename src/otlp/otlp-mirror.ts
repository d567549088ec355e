import { DEFAULT_MIRROR_NAME } from "../delivery/options.js";
import { ReliableLogRecordProcessor } from "../delivery/reliable-log-record-processor.js";
import { MAX_TIMER_MILLIS } from "../options.js";
import { configurationOf } from "./configuration.js";
import { type OtlpMirrorOptions, resolveOptions } from "./options.js";
import { OtlpExporter } from "./otlp-exporter.js";

/** How much longer the delivery waits for the exporter than the exporter waits for an answer. */
const MARGIN_MILLIS = 5000;

/**
 * Makes a mirror that delivers records over OTLP/HTTP, with a ledger. What the options leave out
 * comes from the environment, `OTEL_EXPORTER_OTLP_…`. It keeps a batch
 * until the backend says that it has the whole batch. A partial success, an answer that breaks off
 * and a web page count as failures. The mirror waits as long as a Retry-After says. If the backend
 * refuses one record for good, only that record is rejected.
 *
 * @throws `AuditError` `invalid_options` naming the option, or the variable of the environment.
 *
 * @example To a collector
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { otlpMirror } from "quorumlog/otlp";
 *
 * const audit = new GovernanceAuditLog({
 *   mirrors: [otlpMirror({ url: "http://localhost:4318/v1/logs", compression: "gzip" })],
 * });
 * ```
 */
export function otlpMirror(options: OtlpMirrorOptions = {}): ReliableLogRecordProcessor {
  const { exporter, http, delivery } = resolveOptions(options);
  if (exporter !== undefined) return new ReliableLogRecordProcessor({ ...delivery, exporter });
  const configuration = configurationOf(http);
  const { name = DEFAULT_MIRROR_NAME, meterProvider } = delivery;
  return new ReliableLogRecordProcessor({
    ...delivery,
    exporter: new OtlpExporter(configuration, name, meterProvider),
    exportTimeoutMillis:
      delivery.exportTimeoutMillis ?? exportTimeoutMillis(configuration.timeoutMillis),
  });
}

/** So the request ends first, and says why. */
function exportTimeoutMillis(timeoutMillis: number): number {
  return Math.min(timeoutMillis + MARGIN_MILLIS, MAX_TIMER_MILLIS);
}
