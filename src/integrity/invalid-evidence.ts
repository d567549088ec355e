import { AuditError } from "../errors.js";

/**
 * The refusal of evidence that cannot be read, code `invalid_evidence`.
 *
 * All that this room parses may come from an attacker: notes, proofs, bundles and keys are read by whitelist, in linear
 * time, and whatever is not exactly as its specification has it ends here.
 *
 * @param message - What was expected; it starts with the path of the field, where there is one.
 * @param field - Path of the offending part, such as `entries[2].proof[0]`.
 */
export function invalidEvidence(message: string, field?: string): AuditError {
  return field === undefined
    ? new AuditError("invalid_evidence", message)
    : new AuditError("invalid_evidence", `${field}: ${message}`, { field });
}
