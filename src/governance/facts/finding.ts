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

/** How many findings of one rule a list has. */
const LISTED = 10;

/**
 * Findings as people read them: the most severe first, those of one rule and status together. Of
 * many alike, the first ones are followed by one that stands for the others, so that they do not
 * hide what another rule found. Its sequences are the entries that offend.
 *
 * @param elsewhere - Says where each of the others is listed.
 */
export function gathered(findings: readonly Finding[], elsewhere: string): Finding[] {
  const ofRule = Map.groupBy(bySeverity(findings), ({ rule, status }) => `${rule} ${status}`);
  return [...ofRule.values()].flatMap((alike) => {
    const others = alike.slice(LISTED);
    const [first] = others;
    if (first === undefined) return alike;
    const { rule, severity, status } = first;
    const sequences = others.map((finding) => finding.sequences.at(-1) ?? -1);
    const message = `${others.length} more; ${elsewhere}`;
    return [...alike.slice(0, LISTED), { rule, severity, status, sequences, message }];
  });
}

/** What a rule found out; the trail makes a {@link Finding} of it. */
export type Judgement = Omit<Finding, "rule" | "severity">;
