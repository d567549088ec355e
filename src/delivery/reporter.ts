import { diag } from "@opentelemetry/api";
import { AuditError } from "../errors.js";

/** How often a warning that nobody asked for is repeated at the most. */
export const REPEAT_MILLIS = 60_000;

/** Told of what no caller can be told of. */
export type ErrorListener = (error: AuditError) => void;

/**
 * Makes the one way to a listener. It never throws, and an error that the listener itself brings about goes to the
 * OpenTelemetry diagnostics instead: reporting it again would never end.
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
 * The listener where none is given, since silence would hide a loss: warnings of the process, the first at once and
 * then one a minute that counts the others, since an outage brings them by the thousand.
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

/** Tells of losses: every one to the listeners, the first and then one a minute to the OpenTelemetry diagnostics. */
export class LossReporter {
  readonly #mirror: string;
  readonly #fallback = processWarnings();
  readonly #listeners: ErrorListener[] = [];
  #warned = Number.NEGATIVE_INFINITY;
  /** When each advice was given last. */
  readonly #advised = new Map<string, number>();

  /** Reports for a mirror of this name. */
  constructor(mirror: string) {
    this.#mirror = mirror;
  }

  /** Adds a listener; without any, the process warns. */
  listen(onError: ErrorListener): void {
    this.#listeners.push(reporterTo(onError));
  }

  /** A record was rejected for good. */
  lost(what: string, reason: string): void {
    const message = `${this.#mirror}: ${what} was rejected: ${reason}`;
    const now = performance.now();
    if (now - this.#warned >= REPEAT_MILLIS) {
      this.#warned = now;
      diag.warn(`quorumlog: ${message}`);
    }
    this.#tell(message);
  }

  /** Nothing is lost, but nothing will be delivered until somebody looks; each advice at once, and then once a minute. */
  stuck(reason: string, advice: string): void {
    const now = performance.now();
    if (now - (this.#advised.get(advice) ?? Number.NEGATIVE_INFINITY) < REPEAT_MILLIS) return;
    this.#advised.set(advice, now);
    this.#tell(`${this.#mirror}: ${reason}; ${advice}, records are kept`);
  }

  #tell(message: string): void {
    const error = new AuditError("delivery_failed", message);
    if (this.#listeners.length === 0) this.#fallback(error);
    for (const listener of this.#listeners) listener(error);
  }
}
