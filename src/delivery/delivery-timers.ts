import { MAX_TIMER_MILLIS } from "../options.js";

/** The start of the next run: after a delay, or in the next turn of the event loop. */
export class ScheduledStart {
  readonly #run: () => void;
  #delay: NodeJS.Timeout | undefined;
  #nextTurn: NodeJS.Immediate | undefined;

  /** Schedules nothing yet. `run` cancels what is scheduled. */
  constructor(run: () => void) {
    this.#run = run;
  }

  /** Runs in the next turn of the event loop. */
  soon(): void {
    this.#nextTurn ??= setImmediate(this.#run);
  }

  /** Runs after a delay, unless it runs before; does not keep the process alive. */
  within(millis: number): void {
    this.#delay ??= setTimeout(this.#run, millis).unref();
  }

  /** Forgets what is scheduled. */
  cancel(): void {
    clearTimeout(this.#delay);
    clearImmediate(this.#nextTurn);
    this.#delay = undefined;
    this.#nextTurn = undefined;
  }
}

/** Why a loop waits: the backend named a time, or an attempt failed. */
export type PauseReason = "retry-after" | "backoff";

/** The pause before the next attempt. It does not keep the process alive. */
export class Pause {
  #current: { readonly reason: PauseReason; readonly end: () => void } | undefined;

  /** Waits so long, or until it is told to end. */
  wait(reason: PauseReason, millis: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#current = undefined;
        resolve();
      };
      const timer = setTimeout(end, Math.min(millis, MAX_TIMER_MILLIS)).unref();
      this.#current = { reason, end };
    });
  }

  /** Ends a backoff, but not a Retry-After, which the backend has asked for. */
  hurry(): void {
    if (this.#current?.reason === "backoff") this.#current.end();
  }

  /** Ends any pause. */
  end(): void {
    this.#current?.end();
  }
}
