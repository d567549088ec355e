/**
 * Every way in which Quorumlog can refuse or fail. The set is closed: code that handles errors can be exhaustive.
 *
 * | code | what happened |
 * |---|---|
 * | `invalid_entry` | a helper was given something that cannot be recorded; nothing was written |
 * | `invalid_query` | a query that cannot be answered as asked |
 * | `invalid_options` | an option that cannot work |
 * | `closed` | the log was shut down before the call |
 * | `not_recorded` | the OpenTelemetry pipeline did not let the record through; nothing was written |
 * | `journal_failed` | the journal could not be opened, written or read; what was to be recorded was not |
 * | `delivery_failed` | a mirror did not take a record, or had not delivered all of them by the deadline |
 * | `signing_failed` | a key could not sign a checkpoint; entries are recorded all the same, and the next one covers them |
 * | `invalid_evidence` | a line, note, proof, bundle or key that cannot be read, so that nothing can be said about it |
 * | `verification_failed` | evidence that was read and contradicts itself, a signature or a checkpoint |
 */
export type AuditErrorCode =
  | "invalid_entry"
  | "invalid_query"
  | "invalid_options"
  | "closed"
  | "not_recorded"
  | "journal_failed"
  | "delivery_failed"
  | "signing_failed"
  | "invalid_evidence"
  | "verification_failed";

/** What an {@link AuditError} carries beside its code and message. */
export interface AuditErrorOptions {
  /** Path of the offending input, such as `details.limits[2]`. */
  readonly field?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The one error type of this package; tell its cases apart by {@link AuditError.code}, never by its message.
 *
 * @example Handling a refusal
 * ```ts
 * import { AuditError, GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * try {
 *   audit.logNodeRemoved({ did: "" });
 * } catch (error) {
 *   if (error instanceof AuditError && error.code === "invalid_entry") console.error(error.field, error.message);
 *   else throw error;
 * }
 * ```
 */
export class AuditError extends Error {
  override readonly name: string = "AuditError";
  /** Which case this is. */
  readonly code: AuditErrorCode;
  /** Path of the offending input, where one field is to blame. */
  readonly field?: string;

  /** Makes an error of the given case; `message` says what to do about it. */
  constructor(code: AuditErrorCode, message: string, options: AuditErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.field !== undefined) this.field = options.field;
  }
}

/** The refusal of one option; the message starts with its name. */
export function invalidOption(field: string, reason: string): AuditError {
  return new AuditError("invalid_options", `${field}: ${reason}`, { field });
}

/**
 * The refusal of evidence that cannot be read: a line, note, proof, bundle or key.
 *
 * @param message - What was expected. It starts with the path of the field, where there is one.
 * @param field - Path of the offending part, such as `entries[2].proof[0]`.
 */
export function invalidEvidence(message: string, field?: string): AuditError {
  return field === undefined
    ? new AuditError("invalid_evidence", message)
    : new AuditError("invalid_evidence", `${field}: ${message}`, { field });
}
