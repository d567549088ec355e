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
  /** Sent with every request, such as `authorization`. */
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
}

/** Options that were checked. */
export interface ResolvedLokiOptions {
  /** The URL of `query_range`. */
  readonly url: string;
  readonly selector: string;
  readonly logId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tenant: string | undefined;
  readonly lookbackDays: number;
  readonly timeoutMillis: number;
}

const MATCHER = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=~|!~|!=|=)\\s*(?:"(?:[^"\\\\\\n]|\\\\.)*"|`[^`]*`)';
/** A selector and nothing after it: a filter of the caller could hide entries. */
const SELECTOR = new RegExp(`^\\{\\s*${MATCHER}(?:\\s*,\\s*${MATCHER})*\\s*\\}$`);

const READERS: Readers<ResolvedLokiOptions> = {
  url: endpoint,
  selector,
  logId: logIdOf,
  headers: withDefault({}, headersOf),
  tenant: optional((value, field) => headerValue(text(value, field), field)),
  lookbackDays: withDefault(DEFAULT_LOOKBACK_DAYS, positiveInteger),
  timeoutMillis: withDefault(DEFAULT_TIMEOUT_MILLIS, wholeMillis),
};

/** Checks options and fills in their defaults. Throws `invalid_options`. */
export function resolveLokiOptions(options: LokiAuditReaderOptions): ResolvedLokiOptions {
  return readOptions(options, READERS);
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
