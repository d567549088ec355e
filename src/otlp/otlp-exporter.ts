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
import { invalidOption } from "../errors.js";
import { logsJson } from "./logs-json.js";
import type { HttpOptions } from "./options.js";
import { OtlpTransport } from "./otlp-transport.js";

/** An exporter, and how long one of its requests may take. */
export interface OtlpExporter {
  readonly exporter: LogRecordExporter;
  readonly timeoutMillis: number;
}

/**
 * The stock OTLP/HTTP exporter in JSON, by its own parts, with a serializer that makes the same bytes in less time, over
 * a transport that tells what the backend answered. Options and environment mean what they mean there.
 *
 * @throws `AuditError` `invalid_options` for a URL of the environment that is not one.
 */
export function otlpExporter(
  options: HttpOptions,
  meterProvider: MeterProvider | undefined,
): OtlpExporter {
  // `compression` is an enum there, whose values are our words
  const legacy = options as Parameters<typeof convertLegacyHttpOptions>[0];
  const headers = { "Content-Type": "application/json" };
  const configuration = convertLegacyHttpOptions(legacy, "LOGS", "v1/logs", headers);
  if (!/^https?:$/.test(URL.parse(configuration.url)?.protocol ?? ""))
    throw invalidOption("url", `${configuration.url}, of the environment, is no http or https URL`);
  const metrics = createOtlpHttpExporterMetrics(
    "otlp_http_log_exporter",
    LogsExporterMetricsHelper,
    configuration.url,
    meterProvider,
  );
  const transport = new OtlpTransport(configuration);
  const serializer = { ...JsonLogsSerializer, serializeRequest: logsJson };
  // the delivery bounds them, and its bound may be higher than the stock exporter's 30
  const unbounded = { ...configuration, concurrencyLimit: Number.POSITIVE_INFINITY };
  const delegate = createOtlpNetworkExportDelegate(unbounded, serializer, metrics, transport);
  return {
    exporter: new OTLPExporterBase<ReadableLogRecord[]>(delegate),
    timeoutMillis: configuration.timeoutMillis,
  };
}
