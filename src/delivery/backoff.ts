/** Exponential backoff with full jitter. */
export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  readonly initialMillis: number;
  /** Upper bound of every wait, in milliseconds. */
  readonly maxMillis: number;
}

/**
 * How long to wait before the next attempt: a random time up to an exponentially growing bound, so that a thousand
 * clients of one backend do not come back at once ("full jitter" of Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), and never less than the backend asked for.
 *
 * @param attempt - How many attempts failed already, 1 or more.
 * @param retryAfterMillis - What the backend asked for; 0 for nothing.
 * @param random - In [0, 1).
 */
export function backoffMillis(
  options: BackoffOptions,
  attempt: number,
  retryAfterMillis: number,
  random: () => number = Math.random,
): number {
  const bound = Math.min(options.maxMillis, options.initialMillis * 2 ** Math.min(attempt - 1, 30));
  return Math.max(retryAfterMillis, random() * bound);
}
