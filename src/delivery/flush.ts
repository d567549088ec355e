import { MAX_TIMER_MILLIS } from "../options.js";

/** How long a flush or a shutdown waits unless it is told otherwise, in milliseconds. */
export const DEFAULT_FLUSH_TIMEOUT_MILLIS = 30_000;

/** Options of a flush or a shutdown. */
export interface FlushOptions {
  /**
   * How long to wait, in milliseconds.
   *
   * @defaultValue {@link DEFAULT_FLUSH_TIMEOUT_MILLIS}, 30 000
   */
  readonly timeoutMillis?: number | undefined;
}

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

/** How many records left a spool, one way or the other, and those who wait for so many. */
export class Departures {
  #count = 0;
  readonly #waiting = new Set<{ count: number; readonly resolve: () => void }>();

  /** So many more have left. */
  add(count: number): void {
    this.#count += count;
    for (const waiter of this.#waiting) if (waiter.count <= this.#count) waiter.resolve();
  }

  /** So many more stand in front of those that are waited for. */
  postpone(count: number): void {
    for (const waiter of this.#waiting) waiter.count += count;
  }

  /** Waits until so many more have left, or for the time; resolves with how many have not. */
  async next(count: number, timeoutMillis: number): Promise<number> {
    if (count === 0) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { count: this.#count + count, resolve };
    this.#waiting.add(waiter);
    // not unref'd: whoever awaits a flush wants the process to live until it is settled
    const timer = setTimeout(resolve, Math.min(timeoutMillis, MAX_TIMER_MILLIS));
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiter);
    return Math.max(0, waiter.count - this.#count);
  }
}
