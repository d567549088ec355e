import { MAX_TIMER_MILLIS } from "../options.js";

/** How long a flush or a shutdown waits by default, in milliseconds. */
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

/**
 * Settles as the work does, or rejects after the time. The timer keeps the process alive.
 *
 * @param who - Who does the work, for the message of the rejection.
 */
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

/** When a wait may end before its time: nothing has left for so long, and `mayEnd` agrees. */
export interface EarlyEnd {
  readonly idleMillis: number;
  mayEnd(): boolean;
}

interface Waiter {
  count: number;
  readonly resolve: () => void;
  readonly idle: NodeJS.Timeout | undefined;
}

/**
 * Counts the records that leave a spool, delivered or rejected, for the flushes that wait for them.
 * A flush waits for a number of records, so records that arrive meanwhile do not prolong it.
 */
export class Departures {
  #count = 0;
  readonly #waiting = new Set<Waiter>();

  /** `count` records have left. */
  add(count: number): void {
    this.#count += count;
    for (const waiter of this.#waiting) {
      waiter.idle?.refresh();
      if (waiter.count <= this.#count) waiter.resolve();
    }
  }

  /** `count` records are now ahead of those that flushes wait for. */
  postpone(count: number): void {
    for (const waiter of this.#waiting) waiter.count += count;
  }

  /**
   * Waits until `count` more records have left, for the time, or until the early end. Returns how
   * many have not left.
   */
  async next(count: number, timeoutMillis: number, early?: EarlyEnd): Promise<number> {
    if (count === 0) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const idle = early && whenIdle(early, resolve);
    const waiter: Waiter = { count: this.#count + count, resolve, idle };
    this.#waiting.add(waiter);
    // not unref'd: the process must live until a flush that somebody awaits has settled
    const timer = setTimeout(resolve, Math.min(timeoutMillis, MAX_TIMER_MILLIS));
    await promise;
    clearTimeout(timer);
    clearTimeout(idle);
    this.#waiting.delete(waiter);
    return Math.max(0, waiter.count - this.#count);
  }
}

/** Calls `end` after the idle time. Each `refresh` of the timer begins that time anew. */
function whenIdle({ idleMillis, mayEnd }: EarlyEnd, end: () => void): NodeJS.Timeout {
  const timer = setTimeout(
    () => {
      if (mayEnd()) end();
      else timer.refresh();
    },
    Math.min(idleMillis, MAX_TIMER_MILLIS),
  );
  return timer;
}
