import { AuditError } from "../errors.js";

/** What became of the records that one reliable mirror took: accepted = delivered + pending + rejected, always. */
export interface MirrorLedger {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly rejected: number;
  /** Age of the oldest pending record. */
  readonly oldestPendingMillis?: number;
  /** Message of the newest failure that no success has followed. */
  readonly lastError?: string;
}

/** What became of the entries of a log. */
export interface Ledger {
  /** Entries that this log sealed in this process. */
  readonly accepted: number;
  /** One line for each reliable mirror, by its name; a plain processor has none. */
  readonly mirrors: Readonly<Record<string, MirrorLedger>>;
}

/** `delivery_failed` of a flush or a shutdown, with the ledger as it stood. */
export class DeliveryError extends AuditError {
  /** What was delivered and what was not. */
  readonly ledger: Ledger;

  /** Makes the error; `cause` is the first failure, or an AggregateError of several. */
  constructor(message: string, ledger: Ledger, cause?: unknown) {
    super("delivery_failed", message, { cause });
    this.ledger = ledger;
  }
}
