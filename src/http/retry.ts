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

/**
 * Parses a Retry-After header (RFC 9110 section 10.2.3), which is a number of seconds or a date.
 * Returns milliseconds.
 *
 * @param header - Untrusted. A header that cannot be read counts as absent.
 */
export function retryAfterMillis(
  header: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  if (header === null || header === undefined) return undefined;
  const seconds = Number(header);
  const millis = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return millis > 0 ? millis : undefined;
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
