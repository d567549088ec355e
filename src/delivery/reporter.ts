import { diag } from "@opentelemetry/api";
import { AuditError } from "../errors.js";
import { callback, optional } from "../options.js";

/** A warning is repeated after this time at the earliest. */
const REPEAT_MILLIS = 60_000;

/** Hears of errors that no caller can be told of. */
export type ErrorListener = (error: AuditError) => void;

/**
 * Wraps a listener so that calling it never throws. An error that the listener itself causes goes
 * to the OpenTelemetry diagnostics; reporting it to the listener could go on without end.
 */
export function reporterTo(listener: ErrorListener): ErrorListener {
  let reporting = false;
  return (error) => {
    if (reporting) {
      diag.error("quorumlog: an error while another one was being reported", error);
      return;
    }
    reporting = true;
    try {
      const outcome: unknown = listener(error);
      if (outcome instanceof Promise)
        outcome.catch((cause) => diag.error("quorumlog: onError rejected", cause, error));
    } catch (cause) {
      diag.error("quorumlog: onError threw", cause, error);
    } finally {
      reporting = false;
    }
  };
}

/**
 * The listener for an app that passes none, so that a loss is never silent: it emits process
 * warnings. The first comes at once. After that, an outage may cause thousands, so one warning a
 * minute counts the others.
 */
export function processWarnings(): ErrorListener {
  let warned = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (error) => {
    const now = performance.now();
    if (now - warned < REPEAT_MILLIS) {
      unsaid++;
      return;
    }
    warned = now;
    process.emitWarning(error);
    if (unsaid > 0)
      process.emitWarning(`${unsaid} more errors like this since the last warning`, "AuditError");
    unsaid = 0;
  };
}

/** Reads the option of a listener. Without it, failures become warnings of the process. */
export function listenerOf(value: unknown, field: string): ErrorListener {
  return optional(callback<ErrorListener>())(value, field) ?? processWarnings();
}

/** Reports what goes wrong in one mirror. */
export class LossReporter {
  readonly #mirror: string;
  readonly #fallback = processWarnings();
  readonly #listeners: ErrorListener[] = [];
  /** When each topic was last taken up. */
  readonly #times = new Map<string, number>();

  /** Makes a reporter for the mirror of this name. */
  constructor(mirror: string) {
    this.#mirror = mirror;
  }

  /** Adds a listener. Without one, the process warns. */
  listen(onError: ErrorListener): void {
    this.#listeners.push(reporterTo(onError));
  }

  /**
   * Reports a rejected record to the listeners. The OpenTelemetry diagnostics hear of the first
   * one, and then of one a minute.
   */
  lost(what: string, reason: string): void {
    const message = `${this.#mirror}: ${what} was rejected: ${reason}`;
    if (this.#isDue("a loss")) diag.warn(`quorumlog: ${message}`);
    this.#tell(message);
  }

  /** Reports, once a minute for each advice, that nothing is delivered until somebody acts. */
  stuck(reason: string, advice: string): void {
    if (this.#isDue(advice)) this.#tell(`${this.#mirror}: ${reason}; ${advice}; records are kept`);
  }

  #isDue(topic: string): boolean {
    const now = performance.now();
    if (now - (this.#times.get(topic) ?? Number.NEGATIVE_INFINITY) < REPEAT_MILLIS) return false;
    this.#times.set(topic, now);
    return true;
  }

  #tell(message: string): void {
    const error = new AuditError("delivery_failed", message);
    if (this.#listeners.length === 0) this.#fallback(error);
    for (const listener of this.#listeners) listener(error);
  }
}
