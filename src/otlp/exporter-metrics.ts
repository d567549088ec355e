import type {
  Attributes,
  Counter,
  Histogram,
  MeterProvider,
  UpDownCounter,
} from "@opentelemetry/api";
import { ExportError } from "../delivery/export-error.js";
import * as semconv from "../semconv.js";
import type { OtlpConfiguration } from "./configuration.js";

/** Values of `otel.component.type` (OpenTelemetry semantic conventions). */
const COMPONENT_TYPES = {
  "http/protobuf": "otlp_http_log_exporter",
  "http/json": "otlp_http_json_log_exporter",
} as const;

/**
 * Counts exports as the OpenTelemetry semantic conventions want it ("SDK metrics"). Unlike the
 * metrics of the delivery, these count every attempt.
 */
export class ExporterMetrics {
  readonly #attributes: Attributes;
  readonly #inflight: UpDownCounter;
  readonly #exported: Counter;
  readonly #duration: Histogram;

  /** @param name - The name of the mirror. */
  constructor(provider: MeterProvider, name: string, { url, protocol }: OtlpConfiguration) {
    const meter = provider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
    const records = { unit: "{log_record}" };
    this.#inflight = meter.createUpDownCounter(semconv.METRIC_EXPORTER_LOG_INFLIGHT, records);
    this.#exported = meter.createCounter(semconv.METRIC_EXPORTER_LOG_EXPORTED, records);
    this.#duration = meter.createHistogram(semconv.METRIC_EXPORTER_OPERATION_DURATION, {
      unit: "s",
      advice: { explicitBucketBoundaries: [] }, // the conventions want the sum and the count alone
    });
    this.#attributes = {
      [semconv.ATTR_OTEL_COMPONENT_TYPE]: COMPONENT_TYPES[protocol],
      [semconv.ATTR_OTEL_COMPONENT_NAME]: name,
      [semconv.ATTR_SERVER_ADDRESS]: url.hostname,
      [semconv.ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
    };
  }

  /** Notes the start of an export. The result is called at its end, with what came of it. */
  started(count: number): (outcome: ExportError | { readonly status: number }) => void {
    const start = performance.now();
    this.#inflight.add(count, this.#attributes);
    return (outcome) => {
      this.#inflight.add(-count, this.#attributes);
      this.#ended(count, (performance.now() - start) / 1000, outcome);
    };
  }

  #ended(count: number, seconds: number, outcome: ExportError | { readonly status: number }): void {
    const isFailed = outcome instanceof ExportError;
    const failure = isFailed ? { [semconv.ATTR_ERROR_TYPE]: errorType(outcome) } : {};
    const failed = isFailed ? Math.min(outcome.rejectedLogRecords ?? count, count) : 0;
    if (failed < count) this.#exported.add(count - failed, this.#attributes);
    if (failed > 0) this.#exported.add(failed, { ...this.#attributes, ...failure });
    const { status } = outcome;
    this.#duration.record(seconds, {
      ...this.#attributes,
      ...failure,
      ...(status !== undefined && { [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
    });
  }
}

/** One of few values: `rejected` for a partial success, a code of Node, or a status. */
function errorType({ rejectedLogRecords, status, cause, name }: ExportError): string {
  if (rejectedLogRecords !== undefined) return "rejected";
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  return status === undefined || cause !== undefined ? name : String(status);
}
