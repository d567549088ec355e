import { AuditError } from "../errors.js";

/** The refusal of one input field; the message starts with its path. */
export function invalidEntry(field: string, reason: string, cause?: unknown): AuditError {
  return new AuditError("invalid_entry", `${field}: ${reason}`, { field, cause });
}
