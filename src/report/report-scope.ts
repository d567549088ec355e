import type { AuditEntry } from "../entry/audit-entry.js";
import type { GovernanceTrail } from "../governance/trail.js";

/** What a report is about. Without conditions, it is about the whole log. */
export interface ReportScope {
  /** Inclusive. */
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
  readonly proposalId?: string;
  readonly subjectId?: string;
}

/**
 * Whether an entry is in a scope: it happened in the period, and it names the proposal or the
 * subject, or the answers about them rest on it. The maker of a report chooses by this, and whoever
 * compares the report with its evidence does too.
 *
 * @param trail - Of the whole log.
 */
export function choiceOf(
  scope: ReportScope,
  trail: GovernanceTrail,
): (entry: AuditEntry) => boolean {
  const { proposalId, subjectId } = scope;
  const isIn = isInPeriod(scope);
  if (proposalId === undefined && subjectId === undefined) return isIn;
  const restsOn = new Set([
    ...(proposalId === undefined ? [] : (trail.proposal(proposalId)?.sequences ?? [])),
    ...(subjectId === undefined ? [] : trail.subject(subjectId).sequences),
  ]);
  return (entry) => isIn(entry) && (restsOn.has(entry.sequence) || isNamed(scope, entry));
}

/** Whether an entry happened in the period of a scope. */
export function isInPeriod({
  since,
  until,
}: ReportScope): (entry: Pick<AuditEntry, "timestamp">) => boolean {
  const from = since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const to = until?.getTime() ?? Number.POSITIVE_INFINITY;
  return ({ timestamp }) => {
    const millis = Date.parse(timestamp);
    return millis >= from && millis < to;
  };
}

/**
 * The last moment of a period that had ended when its report was made: the report states how things
 * stood then. Undefined where the period had not ended, or has no end: the end of the log counts.
 *
 * @param madeAt - When the report was made.
 */
export function endOfPeriod({ until }: ReportScope, madeAt: Date): Date | undefined {
  return until === undefined || until > madeAt ? undefined : new Date(until.getTime() - 1);
}

/** Whether an entry names the proposal or the subject of a scope. */
export function isNamed({ proposalId, subjectId }: ReportScope, entry: AuditEntry): boolean {
  return (
    (proposalId !== undefined && entry.proposalId === proposalId) ||
    (subjectId !== undefined && entry.subjectId === subjectId)
  );
}
