import { validateHeaderName, validateHeaderValue } from "node:http";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { MAX_TIMER_MILLIS } from "../delivery/deadline.js";
import { DELIVERY_OPTION_NAMES, type DeliveryOptions } from "../delivery/options.js";
import { checkNames, invalidOption } from "../errors.js";

/**
 * Options of {@link otlpMirror}. What is left out comes from the environment: `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`,
 * `_HEADERS`, `_COMPRESSION` and `_TIMEOUT`, or the same without `LOGS_` (OpenTelemetry Protocol Exporter specification,
 * "Configuration Options").
 */
export interface OtlpMirrorOptions extends DeliveryOptions {
  /**
   * Where to send, with its path; used as it is.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` and `/v1/logs`, or
   * `http://localhost:4318/v1/logs`
   */
  readonly url?: string | URL | undefined;
  /** Sent with every request, beside those of the environment and with rank over them. */
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
   * Sends the records instead, in whatever way; the mirror owns it and shuts it down. Excludes `url`, `headers`,
   * `compression` and `timeoutMillis`, which are its own affair. The mirror sees only what such an exporter tells: the
   * stock OTLP exporters take a partial success and a cut answer for success, hide Retry-After, and retry for some
   * seconds before they say that an export failed.
   */
  readonly exporter?: LogRecordExporter | undefined;
}

/** Options taken apart: who sends, and how it is delivered. */
export interface ResolvedOtlpOptions {
  readonly exporter: LogRecordExporter | undefined;
  readonly http: HttpOptions;
  readonly delivery: DeliveryOptions;
}

/** What the OTLP exporter over HTTP takes. */
export interface HttpOptions {
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly compression?: "none" | "gzip";
  readonly timeoutMillis?: number;
}

const HTTP_NAMES = ["url", "headers", "compression", "timeoutMillis"] as const;

const NAMES: readonly string[] = [...DELIVERY_OPTION_NAMES, ...HTTP_NAMES, "exporter"];

/**
 * Checks what is OTLP's of the options; the delivery checks the rest. A field that the environment decides is absent.
 *
 * @throws `AuditError` `invalid_options` naming the option, an unknown one too.
 */
export function resolveOptions(options: OtlpMirrorOptions): ResolvedOtlpOptions {
  checkNames(options, NAMES);
  const { url, headers, compression, timeoutMillis, exporter: _, ...delivery } = options;
  return {
    exporter: exporterOf(options),
    http: httpOptions({ url, headers, compression, timeoutMillis }),
    delivery,
  };
}

function exporterOf(options: OtlpMirrorOptions): LogRecordExporter | undefined {
  const { exporter } = options;
  if (exporter === undefined) return undefined;
  for (const name of HTTP_NAMES)
    if (options[name] !== undefined)
      throw invalidOption("exporter", `excludes ${name}; give that to the exporter itself`);
  return exporter;
}

function httpOptions({ url, headers, compression, timeoutMillis }: OtlpMirrorOptions): HttpOptions {
  if (compression !== undefined && compression !== "none" && compression !== "gzip")
    throw invalidOption("compression", 'expected "none" or "gzip"');
  if (timeoutMillis !== undefined && !isMillis(timeoutMillis))
    throw invalidOption("timeoutMillis", "expected a positive number of milliseconds");
  return {
    ...(url !== undefined && { url: urlOf(url) }),
    ...(headers !== undefined && { headers: headersOf(headers) }),
    ...(compression !== undefined && { compression }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  };
}

function urlOf(url: unknown): string {
  const isText = typeof url === "string" || url instanceof URL;
  const parsed = isText && URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    throw invalidOption(
      "url",
      "expected an http or https URL with its path, such as http://localhost:4318/v1/logs",
    );
  return parsed.href;
}

function headersOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  // A Headers or a Map has no own keys: its headers would silently be missing.
  if (Object.prototype.toString.call(headers) !== "[object Object]")
    throw invalidOption("headers", "expected a plain object of strings");
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const field = `headers.${name}`;
    if (typeof value !== "string") throw invalidOption(field, "expected a string");
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw invalidOption(
        field,
        `HTTP allows no such header (${(cause as NodeJS.ErrnoException).code})`,
      );
    }
    copy[name] = value;
  }
  return copy;
}

function isMillis(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= MAX_TIMER_MILLIS;
}
