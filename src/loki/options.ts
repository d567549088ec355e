import { validateHeaderName, validateHeaderValue } from "node:http";
import { MAX_TIMER_MILLIS } from "../delivery/deadline.js";
import { logIdOf } from "../entry/log-id.js";
import { checkNames, invalidOption, positiveInteger } from "../errors.js";

/** How far back a reader looks unless it is told otherwise, in days. */
export const DEFAULT_LOOKBACK_DAYS = 30;

/** How long a reader waits for one answer unless it is told otherwise, in milliseconds. */
export const DEFAULT_TIMEOUT_MILLIS = 30_000;

/** Options of a {@link LokiAuditReader}. */
export interface LokiAuditReaderOptions {
  /** Where Loki is, without the path of its API: `http://localhost:3100`; a path before that of the API is kept. */
  readonly url: string | URL;
  /** The streams that hold the log, in LogQL: `{service_name="governance"}`. */
  readonly selector: string;
  /**
   * The log to read. Without it, the streams may hold one log alone, and a second one is refused where it is met.
   *
   * @defaultValue the log of the first entry that is read
   */
  readonly logId?: string | undefined;
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The tenant of a Loki that has several, its header `X-Scope-OrgID`. */
  readonly tenant?: string | undefined;
  /**
   * How far back to look by the time of recording, in days: entries that were recorded earlier are not there for this
   * reader. Give what the log's age or Loki's retention is; each 30 days cost a request of their own at the least.
   *
   * @defaultValue {@link DEFAULT_LOOKBACK_DAYS}, 30
   */
  readonly lookbackDays?: number | undefined;
  /**
   * How long one request may take, in milliseconds. A question may take several requests, and each some attempts.
   *
   * @defaultValue {@link DEFAULT_TIMEOUT_MILLIS}, 30 000
   */
  readonly timeoutMillis?: number | undefined;
}

/** Options that were checked. */
export interface ResolvedLokiOptions {
  /** Of `query_range`. */
  readonly endpoint: string;
  readonly selector: string;
  readonly logId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly lookbackDays: number;
  readonly timeoutMillis: number;
}

const NAMES: readonly (keyof LokiAuditReaderOptions)[] = [
  "url",
  "selector",
  "logId",
  "headers",
  "tenant",
  "lookbackDays",
  "timeoutMillis",
];

const MATCHER = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=~|!~|!=|=)\\s*(?:"(?:[^"\\\\\\n]|\\\\.)*"|`[^`]*`)';
/** A selector and nothing behind it: a filter of the caller's own could hide entries. */
const SELECTOR = new RegExp(`^\\{\\s*${MATCHER}(?:\\s*,\\s*${MATCHER})*\\s*\\}$`);

/** Checks options and fills in their defaults. Throws `invalid_options`. */
export function resolveLokiOptions(options: LokiAuditReaderOptions): ResolvedLokiOptions {
  checkNames(options, NAMES);
  const { selector, timeoutMillis = DEFAULT_TIMEOUT_MILLIS } = options;
  if (typeof selector !== "string" || !selector.isWellFormed() || !SELECTOR.test(selector.trim()))
    throw invalidOption(
      "selector",
      'expected a stream selector of LogQL, such as {service_name="governance"}',
    );
  if (
    !(typeof timeoutMillis === "number" && timeoutMillis >= 1 && timeoutMillis <= MAX_TIMER_MILLIS)
  )
    throw invalidOption("timeoutMillis", `expected 1 to ${MAX_TIMER_MILLIS} milliseconds`);
  return {
    endpoint: endpointOf(options.url),
    selector: selector.trim(),
    logId: logIdOf(options.logId),
    headers: headersOf(options.headers, options.tenant),
    lookbackDays: positiveInteger(options.lookbackDays, "lookbackDays") ?? DEFAULT_LOOKBACK_DAYS,
    timeoutMillis: Math.ceil(timeoutMillis),
  };
}

function endpointOf(url: unknown): string {
  const isText = typeof url === "string" || url instanceof URL;
  const parsed = isText ? URL.parse(String(url)) : null;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    throw invalidOption(
      "url",
      "expected the http or https URL of Loki, such as http://localhost:3100",
    );
  if (parsed.username !== "" || parsed.password !== "")
    throw invalidOption("url", "give user and password in headers.authorization");
  if (/\/(?:loki\/api|otlp)(?:\/|$)/.test(parsed.pathname))
    throw invalidOption("url", "expected the URL of Loki without the path of its API");
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, "")}/loki/api/v1/query_range`;
  parsed.hash = "";
  return parsed.href;
}

function headersOf(headers: unknown, tenant: unknown): Record<string, string> {
  // A Headers or a Map has no own keys: its headers would silently be missing.
  if (headers !== undefined && Object.prototype.toString.call(headers) !== "[object Object]")
    throw invalidOption("headers", "expected a plain object of strings");
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {}))
    copy[name] = headerOf(name, value, `headers.${name}`);
  if (tenant !== undefined) copy["X-Scope-OrgID"] = headerOf("X-Scope-OrgID", tenant, "tenant");
  return copy;
}

function headerOf(name: string, value: unknown, field: string): string {
  if (typeof value !== "string" || value === "")
    throw invalidOption(field, "expected a string that is not empty");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    throw invalidOption(
      field,
      `HTTP allows no such header (${(cause as NodeJS.ErrnoException).code})`,
    );
  }
  return value;
}
