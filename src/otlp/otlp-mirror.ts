import type { MeterProvider } from "@opentelemetry/api";
import {
  createOtlpNetworkExportDelegate,
  OTLPExporterBase,
} from "@opentelemetry/otlp-exporter-base";
import {
  convertLegacyHttpOptions,
  createOtlpHttpExporterMetrics,
} from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonLogsSerializer, LogsExporterMetricsHelper } from "@opentelemetry/otlp-transformer";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { ReliableLogRecordProcessor } from "../delivery/reliable-log-record-processor.js";
import { invalidOption } from "../errors.js";
import { visible } from "../text/safe-text.js";
import { logsJson } from "./logs-json.js";
import { type HttpOptions, type OtlpMirrorOptions, resolveOptions } from "./options.js";
import { OtlpTransport } from "./otlp-transport.js";

/** How much longer the delivery waits for the exporter than the exporter waits for an answer. */
const MARGIN_MILLIS = 5000;

/**
 * Makes a mirror that delivers records over OTLP/HTTP as JSON, with a ledger. It keeps a batch
 * until the backend says that it has the whole batch. A partial success, an answer that breaks off
 * and a web page count as failures. The mirror waits as long as a Retry-After says. If the backend
 * refuses one record for good, only that record is rejected.
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
    // so the request ends first, and says why
    exportTimeoutMillis: delivery.exportTimeoutMillis ?? otlp.timeoutMillis + MARGIN_MILLIS,
  });
}

/** An exporter, and how long one of its requests may take. */
interface OtlpExporter {
  readonly exporter: LogRecordExporter;
  readonly timeoutMillis: number;
}

/**
 * Puts the stock OTLP/HTTP exporter together from its own parts, with two of ours: a serializer
 * that makes the same JSON in less time, and a transport that tells what the backend answered.
 * Options and environment variables mean what they mean for the stock exporter.
 *
 * @throws `AuditError` `invalid_options` for a URL in the environment that is not a URL.
 */
function otlpExporter(
  options: HttpOptions,
  meterProvider: MeterProvider | undefined,
): OtlpExporter {
  // `compression` is an enum there, and its values are our words
  const legacy = options as Parameters<typeof convertLegacyHttpOptions>[0];
  const headers = { "Content-Type": "application/json" };
  const configuration = convertLegacyHttpOptions(legacy, "LOGS", "v1/logs", headers);
  if (!/^https?:$/.test(URL.parse(configuration.url)?.protocol ?? ""))
    throw invalidOption(
      "url",
      `${visible(configuration.url)} in the environment is not an http or https URL`,
    );
  const metrics = createOtlpHttpExporterMetrics(
    "otlp_http_log_exporter",
    LogsExporterMetricsHelper,
    configuration.url,
    meterProvider,
  );
  const transport = new OtlpTransport(configuration);
  const serializer = { ...JsonLogsSerializer, serializeRequest: logsJson };
  // the delivery bounds the exports, and may allow more than the stock exporter's 30
  const unbounded = { ...configuration, concurrencyLimit: Number.POSITIVE_INFINITY };
  const delegate = createOtlpNetworkExportDelegate(unbounded, serializer, metrics, transport);
  return {
    exporter: new OTLPExporterBase<ReadableLogRecord[]>(delegate),
    timeoutMillis: configuration.timeoutMillis,
  };
}
