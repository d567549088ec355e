import type { AuditEvent } from "../entry/audit-event.js";
import { sha256Hex } from "../entry/sha256.js";
import { uuidOfHash } from "../entry/uuid.js";
import type { Finding } from "../governance/facts/finding.js";
import { OPERATION_RULE_VIOLATED } from "../semconv.js";

/** A violation as an event of the log that it is about. */
export function violationEvent(finding: Finding): AuditEvent {
  const { proposalId, subjectId, rule, severity, message, sequences } = finding;
  return {
    operation: OPERATION_RULE_VIOLATED,
    ...(proposalId === undefined ? {} : { proposalId }),
    ...(subjectId === undefined ? {} : { subjectId }),
    details: { rule, severity, message, sequences: [...sequences] },
  };
}

/**
 * The id of the entry of a violation: it follows from the log, the rule and the entries that break
 * it. So two monitors of one log record a violation once.
 */
export function violationId(logId: string, { rule, sequences }: Finding): string {
  return uuidOfHash(
    sha256Hex(JSON.stringify([OPERATION_RULE_VIOLATED, logId, rule, ...sequences])),
  );
}
