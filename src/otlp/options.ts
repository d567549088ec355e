import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { METER_PROVIDER } from "../delivery/delivery-metrics.js";
import { DELIVERY_READERS, type DeliveryOptions, EXPORTER } from "../delivery/options.js";
import { invalidOption } from "../errors.js";
import { headersOf, httpUrl } from "../http/request-options.js";
import { millis, oneOf, optional, type Readers, readOptions } from "../options.js";

const EXPECTED_URL = "an http or https URL with its path, such as http://localhost:4318/v1/logs";

/**
 * Options of {@link otlpMirror}. The environment gives what is left out:
 * `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, `_HEADERS`, `_COMPRESSION` and `_TIMEOUT`, or the same
 * without `LOGS_` (OpenTelemetry Protocol Exporter specification, "Configuration Options").
 */
export interface OtlpMirrorOptions extends DeliveryOptions {
  /**
   * Where to send, with the path. It is used as it is.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` and
   * `/v1/logs`, or `http://localhost:4318/v1/logs`
   */
  readonly url?: string | URL | undefined;
  /** Sent with every request, together with the headers of the environment, which it overrides. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * How requests are compressed.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_COMPRESSION`, or "none"
   */
  readonly compression?: "none" | "gzip" | undefined;
  /**
   * How long one request may take, in milliseconds.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_TIMEOUT`, or 10 000
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * Another exporter that sends the records. The mirror owns it and shuts it down. It excludes
   * `url`, `headers`, `compression` and `timeoutMillis`: give those to the exporter. The mirror
   * knows only what the exporter tells. The stock OTLP exporters take a partial success and an
   * answer that breaks off for success, hide Retry-After, and retry for some seconds before they
   * say that an export failed.
   */
  readonly exporter?: LogRecordExporter | undefined;
}

/** What the OTLP exporter over HTTP takes. The environment decides what is undefined. */
export interface HttpOptions {
  readonly url: string | undefined;
  readonly headers: Record<string, string> | undefined;
  readonly compression: "none" | "gzip" | undefined;
  readonly timeoutMillis: number | undefined;
}

/** Options taken apart: what sends, and how records are delivered. */
export interface ResolvedOtlpOptions {
  readonly exporter: LogRecordExporter | undefined;
  readonly http: HttpOptions;
  readonly delivery: DeliveryOptions;
}

type ReadOtlpOptions = DeliveryOptions & HttpOptions & Pick<ResolvedOtlpOptions, "exporter">;

const READERS: Readers<ReadOtlpOptions> = {
  ...DELIVERY_READERS,
  // the delivery reads these again, and fills in their defaults
  exportTimeoutMillis: optional(millis(1)),
  giveUpAfterMillis: optional(millis(1)),
  meterProvider: optional(METER_PROVIDER),
  url: optional((value, field) => httpUrl(value, field, EXPECTED_URL).href),
  headers: optional(headersOf),
  compression: optional(oneOf("none", "gzip")),
  timeoutMillis: optional(millis(1)),
  exporter: optional(EXPORTER),
};

/**
 * Checks options and fills in their defaults.
 *
 * @throws `AuditError` `invalid_options` naming the option, an unknown one too.
 */
export function resolveOptions(options: OtlpMirrorOptions): ResolvedOtlpOptions {
  const { url, headers, compression, timeoutMillis, exporter, ...delivery } = readOptions(
    options,
    READERS,
  );
  const http = { url, headers, compression, timeoutMillis };
  if (exporter !== undefined)
    for (const [name, value] of Object.entries(http))
      if (value !== undefined)
        throw invalidOption("exporter", `excludes ${name}; give that to the exporter itself`);
  return { exporter, http, delivery };
}
