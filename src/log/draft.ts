import { createContextKey, type SpanContext } from "@opentelemetry/api";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { ValidEvent } from "../entry/audit-event.js";

/**
 * Where a draft rides along in the context of its emit, so that there is one place where records are sealed. The helpers'
 * own scope tells its record from one that a processor ahead emits in the same context.
 */
export const DRAFT: symbol = createContextKey("quorumlog draft");

/** A helper call on its way through OpenTelemetry. It claims nothing, not even a sequence, until it is committed. */
export interface Draft {
  /** Whom it belongs to: only that log commits it. */
  readonly log: object;
  readonly event: ValidEvent;
  readonly spanContext: SpanContext | undefined;
  readonly recordedMillis: number;
  /** What was recorded; undefined until the commit. */
  entry: AuditEntry | undefined;
  /** Its helper has thrown: it must not be recorded any more. */
  void: boolean;
}
