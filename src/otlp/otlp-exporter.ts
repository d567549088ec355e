import { createOtlpNetworkExportDelegate, OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import {
  convertLegacyHttpOptions,
  createOtlpHttpExporterMetrics,
} from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonLogsSerializer, LogsExporterMetricsHelper } from "@opentelemetry/otlp-transformer";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { HttpOptions } from "./options.js";
import { OtlpTransport } from "./otlp-transport.js";

/**
 * The stock OTLP/HTTP exporter in JSON, by its own parts, over a transport that tells what the backend answered.
 * Options and environment mean what they mean there.
 */
export function otlpExporter(options: HttpOptions): LogRecordExporter {
  // `compression` is an enum there, whose values are our words
  const legacy = options as Parameters<typeof convertLegacyHttpOptions>[0];
  const configuration = convertLegacyHttpOptions(legacy, "LOGS", "v1/logs", {
    "Content-Type": "application/json",
  });
  const metrics = createOtlpHttpExporterMetrics(
    "otlp_http_log_exporter",
    LogsExporterMetricsHelper,
    configuration.url,
    undefined,
  );
  const transport = new OtlpTransport(configuration);
  return new OTLPExporterBase<ReadableLogRecord[]>(
    createOtlpNetworkExportDelegate(configuration, JsonLogsSerializer, metrics, transport),
  );
}
