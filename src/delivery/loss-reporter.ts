import { diag } from "@opentelemetry/api";
import { AuditError } from "../errors.js";

/** How often one kind of warning is repeated at the most. */
const REPEAT_MILLIS = 60_000;

/**
 * Tells of losses: every one through `onError`, or as a warning of the process where there is none, and the first and
 * then one a minute through the OpenTelemetry diagnostics.
 */
export class LossReporter {
  readonly #mirror: string;
  readonly #listeners: ((error: AuditError) => void)[] = [];
  #warned = Number.NEGATIVE_INFINITY;
  #blamed = Number.NEGATIVE_INFINITY;

  /** Reports for a mirror of this name. */
  constructor(mirror: string) {
    this.#mirror = mirror;
  }

  /** Adds a listener. */
  listen(onError: (error: AuditError) => void): void {
    this.#listeners.push(onError);
  }

  /** A record was rejected for good. */
  lost(what: string, reason: string): void {
    const message = `${this.#mirror}: ${what} was rejected: ${reason}`;
    const now = performance.now();
    if (now - this.#warned >= REPEAT_MILLIS) {
      this.#warned = now;
      diag.warn(`quorumlog: ${message}`);
    }
    this.#tell(new AuditError("delivery_failed", message));
  }

  /** The backend refuses everything until the set-up is mended; said at once, and then once a minute. */
  misconfigured(reason: string): void {
    const now = performance.now();
    if (now - this.#blamed < REPEAT_MILLIS) return;
    this.#blamed = now;
    this.#tell(
      new AuditError(
        "delivery_failed",
        `${this.#mirror}: ${reason}; check address and credentials, records are kept`,
      ),
    );
  }

  #tell(error: AuditError): void {
    // nobody listens, and silence would hide a loss
    if (this.#listeners.length === 0) process.emitWarning(error);
    for (const listener of this.#listeners) {
      try {
        listener(error);
      } catch (cause) {
        diag.error("quorumlog: onError threw", cause, error);
      }
    }
  }
}
