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
