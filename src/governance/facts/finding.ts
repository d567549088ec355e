/** How much a finding matters. */
export type Severity = "error" | "warning" | "info";

/**
 * What is known about a rule in one case: it was broken, it may still be kept, or the trail cannot
 * show whether it was kept.
 */
export type FindingStatus = "violated" | "pending" | "undetermined";

/** Where and why one rule is not known to be kept. */
export interface Finding {
  /** The id of the rule, such as `grant-without-consensus`. */
  readonly rule: string;
  readonly status: FindingStatus;
  readonly severity: Severity;
  /** The entries that it rests on, ascending. The entry that offends is always among them. */
  readonly sequences: readonly number[];
  /** One sentence for people. Text from entries stands in quotes, and is safe to show. */
  readonly message: string;
  /** The proposal that it is about, if any. */
  readonly proposalId?: string;
  /** The subject that it is about, if any. */
  readonly subjectId?: string;
}

/** The severities, the most severe first. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** Findings by severity, errors first. Those of one severity keep their order. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  );
}

/** What a rule found out; the trail makes a {@link Finding} of it. */
export type Judgement = Omit<Finding, "rule" | "severity">;
