import { AuditError } from "../errors.js";

/** Why a helper's record did not come to be recorded: what the log itself said, or that it never heard of it. */
export function notRecorded(cause?: unknown): AuditError {
  if (cause instanceof AuditError) return cause;
  const reason =
    cause === undefined
      ? "the provider did not let the record through (shut down, scope disabled, minimum severity, unsampled trace, " +
        "or the AuditLogProcessor is not among its processors)"
      : "a processor ahead of the audit log threw";
  return new AuditError("not_recorded", `${reason}; nothing was recorded`, { cause });
}
