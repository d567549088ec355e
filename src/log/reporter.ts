import { diag } from "@opentelemetry/api";
import type { AuditError } from "../errors.js";

const REJECTED = "quorumlog: onError rejected";

/**
 * Makes the one way to `onError`. It never throws, and an error that `onError` itself brings about goes to the
 * OpenTelemetry diagnostics instead: reporting it again would never end.
 */
export function reporterTo(onError: (error: AuditError) => void): (error: AuditError) => void {
  let reporting = false;
  return (error) => {
    if (reporting) {
      diag.error("quorumlog: an error while another one was being reported", error);
      return;
    }
    reporting = true;
    try {
      const outcome: unknown = onError(error);
      if (outcome instanceof Promise) outcome.catch((cause) => diag.error(REJECTED, cause, error));
    } catch (cause) {
      diag.error("quorumlog: onError threw", cause, error);
    } finally {
      reporting = false;
    }
  };
}
