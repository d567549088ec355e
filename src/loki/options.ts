import { logIdOf } from "../entry/log-id.js";
import { invalidOption } from "../errors.js";
import { headersOf, headerValue, httpUrl } from "../http/request-options.js";
import {
  millis,
  optional,
  positiveInteger,
  type Readers,
  readOptions,
  text,
  withDefault,
} from "../options.js";

/** The default of {@link LokiAuditReaderOptions.lookbackDays}. */
export const DEFAULT_LOOKBACK_DAYS = 30;

/** The default of {@link LokiAuditReaderOptions.timeoutMillis}. */
export const DEFAULT_TIMEOUT_MILLIS = 30_000;

/** The default of {@link LokiAuditReaderOptions.maxRecords}. */
export const DEFAULT_MAX_RECORDS = 5_000_000;

/** Options of a {@link LokiAuditReader}. */
export interface LokiAuditReaderOptions {
  /**
   * Where Loki is, without the path of its API: `http://localhost:3100`. Any other path is kept.
   */
  readonly url: string | URL;
  /** The streams that hold the log, in LogQL: `{service_name="governance"}`. */
  readonly selector: string;
  /**
   * The log to read. Without it, the streams may hold only one log: a second one is refused.
   *
   * @defaultValue the log of the first entry that is read
   */
  readonly logId?: string | undefined;
  /**
   * Sent with every request, such as `authorization`. A header that each request sets itself is
   * refused: those that `otlpMirror` refuses, and `x-loki-response-encoding-flags`. So is
   * `x-scope-orgid` beside a `tenant`.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The tenant, for a Loki that has several. Sent as the header `X-Scope-OrgID`. */
  readonly tenant?: string | undefined;
  /**
   * How far back to look, in days, by the time of recording. The reader does not see entries that
   * were recorded earlier. Give the age of the log or the retention of Loki: every 30 days take at
   * least one more request.
   *
   * @defaultValue {@link DEFAULT_LOOKBACK_DAYS}, 30
   */
  readonly lookbackDays?: number | undefined;
  /**
   * How long one request may take, in milliseconds. A question may take several requests, and each
   * of them several attempts.
   *
   * @defaultValue {@link DEFAULT_TIMEOUT_MILLIS}, 30 000
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * How many records one question may read. It may read a tenth as many checkpoints. If Loki gives
   * more, the question rejects with `delivery_failed`. This bounds the time and the memory that a
   * Loki costs whose answers never end: `verify` keeps some 100 bytes for each entry, and 1 KiB for
   * each checkpoint. Each page is a question of its own.
   *
   * @defaultValue {@link DEFAULT_MAX_RECORDS}, 5 000 000
   */
  readonly maxRecords?: number | undefined;
}

/** Options that were checked. */
export interface ResolvedLokiOptions {
  /** The URL of `query_range`. */
  readonly url: string;
  readonly selector: string;
  readonly logId: string | undefined;
  /** All that a request sends, by names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lookbackDays: number;
  readonly timeoutMillis: number;
  readonly maxRecords: number;
}

const MATCHER = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=~|!~|!=|=)\\s*(?:"(?:[^"\\\\\\n]|\\\\.)*"|`[^`]*`)';
/** A selector and nothing after it: a filter of the caller could hide entries. */
const SELECTOR = new RegExp(`^\\{\\s*${MATCHER}(?:\\s*,\\s*${MATCHER})*\\s*\\}$`);

const TENANT_HEADER = "x-scope-orgid";

const READERS: Readers<ResolvedLokiOptions & { readonly tenant: string | undefined }> = {
  url: endpoint,
  selector,
  logId: logIdOf,
  headers: (value = {}, field) => lokiHeaders(value, field),
  tenant: optional((value, field) => headerValue(text(value, field), field)),
  lookbackDays: withDefault(DEFAULT_LOOKBACK_DAYS, positiveInteger),
  timeoutMillis: withDefault(DEFAULT_TIMEOUT_MILLIS, wholeMillis),
  maxRecords: withDefault(DEFAULT_MAX_RECORDS, positiveInteger),
};

/** Checks options and fills in their defaults. Throws `invalid_options`. */
export function resolveLokiOptions(options: LokiAuditReaderOptions): ResolvedLokiOptions {
  const { headers, tenant, ...read } = readOptions(options, READERS);
  if (tenant === undefined) return { ...read, headers };
  if (Object.hasOwn(headers, TENANT_HEADER))
    throw invalidOption(`headers.${TENANT_HEADER}`, "the option tenant sets this header");
  return { ...read, headers: { ...headers, [TENANT_HEADER]: tenant } };
}

/** Without this header, each record that has its own metadata comes as its own stream. */
const FLAGS = { "x-loki-response-encoding-flags": "categorize-labels" };

function lokiHeaders(value: unknown, field: string): Record<string, string> {
  const headers = headersOf(value, field);
  for (const name of Object.keys(FLAGS))
    if (Object.hasOwn(headers, name))
      throw invalidOption(`${field}.${name}`, "each request sets this header itself");
  return { ...headers, ...FLAGS };
}

function endpoint(value: unknown, field: string): string {
  const url = httpUrl(value, field, "the http or https URL of Loki, such as http://localhost:3100");
  if (url.username !== "" || url.password !== "")
    throw invalidOption(field, "give user and password in a header, authorization");
  if (/\/(?:loki\/api|otlp)(?:\/|$)/.test(url.pathname))
    throw invalidOption(field, "expected the URL of Loki without the path of its API");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/loki/api/v1/query_range`;
  url.hash = "";
  return url.href;
}

function selector(value: unknown, field: string): string {
  if (typeof value === "string" && value.isWellFormed() && SELECTOR.test(value.trim()))
    return value.trim();
  throw invalidOption(
    field,
    'expected a stream selector of LogQL, such as {service_name="governance"}',
  );
}

/** `AbortSignal.timeout` takes nothing else. */
function wholeMillis(value: unknown, field: string): number {
  return Math.ceil(millis(1)(value, field));
}
