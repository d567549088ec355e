import { AuditError } from "../errors.js";
import { quoted } from "../text/safe-text.js";

/** Sees to it that a reader reads one log: sequences of two would be mixed. */
export class OneLog {
  #logId: string | undefined;

  /** Of the log that is asked for; undefined for the one that is met first. */
  constructor(logId: string | undefined) {
    this.#logId = logId;
  }

  /** Throws `invalid_options` for a second log. */
  admit(logId: string): void {
    this.#logId ??= logId;
    if (logId === this.#logId) return;
    const logs = [this.#logId, logId].map(quoted).join(" and ");
    throw new AuditError(
      "invalid_options",
      `logId: the selector finds records of the logs ${logs}; choose one`,
      {
        field: "logId",
      },
    );
  }
}
