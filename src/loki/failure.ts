import { AuditError } from "../errors.js";

/** Where something is wrong with what Loki holds. */
const ADVICE = "verify the log by LokiAuditReader.evidence(), which says all that is wrong";

/** Loki could not be asked, or did not answer as Loki does; `delivery_failed`. */
export function lokiFailed(message: string, cause?: unknown): AuditError {
  return new AuditError("delivery_failed", `Loki: ${message}`, { cause });
}

/** Loki answered, and what it holds is no log; `invalid_evidence`. */
export function invalidRecord(message: string, cause?: unknown): AuditError {
  return new AuditError("invalid_evidence", `Loki: ${message}; ${ADVICE}`, { cause });
}
