import { ReliableLogRecordProcessor } from "../delivery/reliable-log-record-processor.js";
import { type OtlpMirrorOptions, resolveOptions } from "./options.js";
import { otlpExporter } from "./otlp-exporter.js";

/** How much longer than for a request the delivery waits for the exporter. */
const MARGIN_MILLIS = 5000;

/**
 * A mirror that delivers records over OTLP/HTTP as JSON, with a ledger: a batch is kept until the backend says that it
 * has all of it, whatever that takes. A partial success, a cut answer and a web page count as failures; a Retry-After is
 * honoured; a record that the backend refuses for good is rejected alone.
 *
 * @throws `AuditError` `invalid_options`.
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
  const otlp = otlpExporter(http, delivery.meterProvider);
  return new ReliableLogRecordProcessor({
    ...delivery,
    exporter: otlp.exporter,
    // the request ends first, and says why
    exportTimeoutMillis: delivery.exportTimeoutMillis ?? otlp.timeoutMillis + MARGIN_MILLIS,
  });
}
