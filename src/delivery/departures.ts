import { MAX_TIMER_MILLIS } from "./deadline.js";

/** How many records left a spool, one way or the other, and those who wait for so many. */
export class Departures {
  #count = 0;
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  /** How many have left so far. */
  get count(): number {
    return this.#count;
  }

  /** So many more have left. */
  add(count: number): void {
    this.#count += count;
    for (const waiter of this.#waiting) if (waiter.count <= this.#count) waiter.resolve();
  }

  /** Resolves when so many have left in all, or after the time. */
  async reached(count: number, timeoutMillis: number): Promise<void> {
    if (this.#count >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { count, resolve };
    this.#waiting.add(waiter);
    // not unref'd: whoever awaits a flush wants the process to live until it is settled
    const timer = setTimeout(resolve, Math.min(timeoutMillis, MAX_TIMER_MILLIS));
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiter);
  }
}
