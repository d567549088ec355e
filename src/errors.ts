/**
 * Every way in which Quorumlog can refuse or fail. The set is closed, so code that handles errors
 * can be exhaustive.
 *
 * | code | what happened |
 * |---|---|
 * | `invalid_entry` | a helper was given a value that cannot be recorded; nothing was recorded |
 * | `invalid_query` | the query cannot be answered as asked |
 * | `invalid_options` | an option cannot work, or Node is too old |
 * | `closed` | the log was shut down before the call |
 * | `not_recorded` | OpenTelemetry did not let the record through; nothing was recorded |
 * | `journal_failed` | the journal could not be opened, read or written; nothing was recorded |
 * | `delivery_failed` | a mirror refused a record, or did not deliver all by the deadline |
 * | `signing_failed` | a key could not sign a checkpoint; entries are recorded all the same |
 * | `clock_failed` | the clock jumped ahead, and came back; entries are recorded all the same |
 * | `invalid_evidence` | a line, note, proof, bundle or key cannot be read, so nothing is judged |
 * | `verification_failed` | evidence contradicts itself, a signature or a checkpoint |
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
  | "clock_failed"
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
 * The one error type of this package. Tell its cases apart by {@link AuditError.code}, never by its
 * message.
 *
 * @example Handling a refusal
 * ```ts
 * import { AuditError, GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * try {
 *   audit.logNodeRemoved({ did: "" });
 * } catch (error) {
 *   if (!(error instanceof AuditError) || error.code !== "invalid_entry") throw error;
 *   console.error(error.field, error.message);
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

/** The message without the field in front, for a caller that calls the field something else. */
export function reasonOf({ field, message }: AuditError): string {
  const prefix = `${field}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
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

/** Makes the error for one input field. The message starts with the field's path. */
export function invalidEntry(field: string, reason: string, cause?: unknown): AuditError {
  return new AuditError("invalid_entry", `${field}: ${reason}`, { field, cause });
}
