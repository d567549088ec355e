import { AuditError } from "../errors.js";

/** Makes the error for one input field. The message starts with the field's path. */
export function invalidEntry(field: string, reason: string, cause?: unknown): AuditError {
  return new AuditError("invalid_entry", `${field}: ${reason}`, { field, cause });
}
