import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import { invalidEntry } from "../entry/invalid.js";

/**
 * What the app's hook makes of a copy of the event.
 *
 * @throws {@link AuditError} `invalid_entry` when the hook throws, or answers what cannot be recorded.
 */
export function redactedBy(
  redact: (event: AuditEvent) => AuditEvent,
  event: ValidEvent,
): ValidEvent {
  const { timestampMillis, details, ...columns } = event;
  const copy: AuditEvent = {
    ...columns,
    details: structuredClone(details),
    ...(timestampMillis !== undefined && { timestamp: new Date(timestampMillis) }),
  };
  let answer: AuditEvent;
  try {
    answer = redact(copy);
  } catch (cause) {
    throw invalidEntry("redact", "the hook threw", cause);
  }
  const redacted = validateEvent(answer);
  if (redacted.operation !== event.operation)
    throw invalidEntry("redact", "the hook must keep the operation");
  return redacted;
}
