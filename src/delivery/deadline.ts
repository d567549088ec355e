import { MAX_TIMER_MILLIS } from "../options.js";

/** How long a flush or a shutdown waits unless it is told otherwise, in milliseconds. */
export const DEFAULT_FLUSH_TIMEOUT_MILLIS = 30_000;

/** Settles as the work does, or rejects after the time, saying whose work it was. The timer keeps the process alive. */
export async function withDeadline<T>(
  work: () => Promise<T>,
  timeoutMillis: number,
  who: string,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${who} was not done after ${timeoutMillis} ms`)),
    Math.min(timeoutMillis, MAX_TIMER_MILLIS),
  );
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
