import { AuditError } from "../errors.js";

/**
 * What became of the records that one reliable mirror took. At every moment, accepted = delivered +
 * pending + rejected.
 */
export interface MirrorLedger {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly rejected: number;
  /** Age of the oldest pending record, in milliseconds. */
  readonly oldestPendingMillis?: number;
  /** Message of the newest failure, if no success has followed it. */
  readonly lastError?: string;
}

/** What became of the entries of a log. */
export interface Ledger {
  /** Entries that this log sealed in this process. */
  readonly accepted: number;
  /** One line for each reliable mirror, by its name. A plain processor has none. */
  readonly mirrors: Readonly<Record<string, MirrorLedger>>;
}

/**
 * The `delivery_failed` of a flush or a shutdown, with the ledger at that moment.
 *
 * @example One line at the end of a process, and an exit code of 1 only after a loss
 * ```ts
 * import { DeliveryError, GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * try {
 *   await audit.shutdown();
 * } catch (error) {
 *   if (!(error instanceof DeliveryError)) throw error;
 *   console.error(error.message, JSON.stringify(error.ledger));
 *   process.exitCode = error.isSafe ? 0 : 1;
 * }
 * ```
 */
export class DeliveryError extends AuditError {
  /** What was delivered and what was not. */
  readonly ledger: Ledger;
  /**
   * Whether nothing is lost: everything that was not delivered is pending in a journal, and the
   * next start delivers it.
   */
  readonly isSafe: boolean;

  /** Makes the error. `cause` is the failure, or an AggregateError of several failures. */
  constructor(message: string, ledger: Ledger, cause?: unknown, isSafe = false) {
    super("delivery_failed", message, { cause });
    this.ledger = ledger;
    this.isSafe = isSafe;
  }
}
