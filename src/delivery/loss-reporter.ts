import { diag } from "@opentelemetry/api";
import { AuditError } from "../errors.js";
import { type ErrorListener, processWarnings, REPEAT_MILLIS, reporterTo } from "./reporter.js";

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
