import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";

/**
 * A record on its way through the processors of a provider. The SDK exports no name for it that
 * both lines of OpenTelemetry have: `SdkLogRecord` up to 0.221, `ReadWriteLogRecord` since 0.222.
 */
export type ReadWriteLogRecord = Parameters<LogRecordProcessor["onEmit"]>[0];

/** The number of a severity, whichever package of OpenTelemetry declares it. */
export type SeverityNumber = NonNullable<ReadableLogRecord["severityNumber"]>;

/**
 * Numbers of severities by their names (OpenTelemetry Logs Data Model, SeverityNumber). Where the
 * API exports them depends on its line: `@opentelemetry/api-logs` beside API 1.9, the API itself
 * since 1.10.
 */
export const SEVERITY: { readonly INFO: 9; readonly WARN: 13; readonly ERROR: 17 } = {
  INFO: 9,
  WARN: 13,
  ERROR: 17,
};
