import { diag } from "@opentelemetry/api";
import { type ErrorListener, reporterTo } from "../delivery/reporter.js";
import { AuditError } from "../errors.js";
import { faultText } from "../http/fault.js";
import { counted } from "../text/safe-text.js";

/** Failures that follow no record of the mirror are reported after this time at the earliest. */
const REPEAT_MILLIS = 60_000;

/** Reports the failures of one logger, and counts the records that it did not write. */
export class Losses {
  readonly #logger: string;
  #tell: ErrorListener;
  #lost = 0;
  /** How many of the lost records a flush has told of. A shutdown tells of all. */
  #told = 0;
  /** Until when failures are not reported. */
  #quietUntil = 0;

  /**
   * @param logger - The library of the logger, which begins each message.
   * @param onError - Hears of failures until {@link Losses.reportTo}.
   */
  constructor(logger: string, onError: ErrorListener) {
    this.#logger = logger;
    this.#tell = reporterTo(onError);
  }

  /** Sends further failures to another listener. */
  reportTo(onError: ErrorListener): void {
    this.#tell = reporterTo(onError);
  }

  /** Makes the error of this logger that says `reason`. */
  error(reason: string, cause?: unknown): AuditError {
    return new AuditError("delivery_failed", `${this.#logger}: ${reason}`, { cause });
  }

  /** Reports a failure that may have lost no record. Never throws. */
  report(reason: string, cause?: unknown): void {
    this.#tell(this.error(reason, cause));
  }

  /** Counts and reports a record that was not written. Never throws. */
  lose(reason: string, cause?: unknown): void {
    this.#lost++;
    this.report(reason, cause);
  }

  /** A line is about to be written. A failure that it causes is reported. */
  expect(): void {
    this.#quietUntil = 0;
  }

  /**
   * Reports an error event of the logger: once for each line of the mirror, and once a minute for
   * the app's own lines. The `onError` of an app may log to the same logger. That line fails too,
   * and reporting it would never end.
   *
   * @param who - Who failed, such as "a transport".
   */
  heard(cause: unknown, who: string): void {
    const now = performance.now();
    if (now < this.#quietUntil) {
      diag.error(`quorumlog: ${this.#logger} failed again after a failure was reported`, cause);
      return;
    }
    this.#quietUntil = now + REPEAT_MILLIS;
    this.report(faultText(cause) || `${who} failed`, cause);
  }

  /** Throws `delivery_failed` if a record was lost since the last flush. */
  assertNoneSinceFlush(): void {
    const lost = this.#lost - this.#told;
    this.#told = this.#lost;
    this.#assertNone(lost, "since the last flush");
  }

  /** Throws `delivery_failed` if a record was ever lost. */
  assertNoneAtAll(): void {
    this.#assertNone(this.#lost, "in all");
  }

  #assertNone(lost: number, when: string): void {
    if (lost > 0)
      throw this.error(`${counted(lost, "record was", "records were")} not written ${when}`);
  }
}
