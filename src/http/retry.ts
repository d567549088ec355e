import { excerpt } from "../text/safe-text.js";

/** Statuses of a client error that ask to try again: RFC 9110, RFC 8470 and RFC 6585. */
const RETRY_STATUSES: ReadonlySet<number> = new Set([
  408, // Request Timeout, RFC 9110 section 15.5.9
  425, // Too Early, RFC 8470 section 5.2
  429, // Too Many Requests, RFC 6585 section 4
]);

/**
 * Whether the same request may succeed later: after a server error, or where the status says so.
 */
export function isRetryStatus(status: number): boolean {
  return status >= 500 || RETRY_STATUSES.has(status);
}

/** A delay in seconds (RFC 9110 section 10.2.3). */
const SECONDS = /^\d+$/;
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
const MONTH = "(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const TIME = "(?<time>\\d\\d:\\d\\d:\\d\\d)";
/** The three forms of an HTTP-date (RFC 9110 section 5.6.7). A recipient must read each. */
const DATES: readonly RegExp[] = [
  new RegExp(`^${DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];
/** A date with a year of two digits is at most so far ahead. */
const MAX_YEARS_AHEAD = 50;

/**
 * Parses a Retry-After header (RFC 9110 section 10.2.3), which is a number of seconds or a date.
 * Returns milliseconds.
 *
 * @param header - Untrusted. A header that is neither counts as absent.
 */
export function retryAfterMillis(
  header: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  if (header === null || header === undefined) return undefined;
  const millis = SECONDS.test(header)
    ? Math.min(Number(header) * 1000, Number.MAX_SAFE_INTEGER)
    : httpDate(header, now) - now;
  return millis > 0 ? millis : undefined;
}

/** An HTTP-date in milliseconds since the epoch. NaN if it is none. */
function httpDate(text: string, now: number): number {
  for (const date of DATES) {
    const { day = "", month = "", year = "", time } = date.exec(text)?.groups ?? {};
    if (time === undefined) continue;
    return Date.parse(`${day} ${month} ${fullYear(year, now)} ${time} GMT`);
  }
  return Number.NaN;
}

/** A year of two digits is the latest one that is not more than 50 years ahead. */
function fullYear(year: string, now: number): number {
  const latest = new Date(now).getUTCFullYear() + MAX_YEARS_AHEAD;
  return year.length === 4 ? Number(year) : latest - ((latest - Number(year)) % 100);
}

/** What a server answered, for a message: `HTTP 503: try later`. */
export function statusText(status: number, body: string): string {
  return body === "" ? `HTTP ${status}` : `HTTP ${status}: ${excerpt(body)}`;
}

/** Exponential backoff with full jitter. */
export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  readonly initialMillis: number;
  /** Upper bound of every wait, in milliseconds. */
  readonly maxMillis: number;
}

/**
 * How long to wait before the next attempt: a random time up to an exponentially growing bound, so
 * that a thousand clients of one backend do not return at once ("full jitter" of Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param failures - How many attempts failed in a row, 1 or more.
 * @param random - In [0, 1).
 */
export function backoffMillis(
  options: BackoffOptions,
  failures: number,
  random: () => number = Math.random,
): number {
  return (
    random() * Math.min(options.maxMillis, options.initialMillis * 2 ** Math.min(failures - 1, 30))
  );
}
