import type { AuditEntry } from "../entry/audit-entry.js";
import type { ProposalCase, SubjectCase } from "../governance/cases.js";
import type { Finding } from "../governance/facts/finding.js";
import type { GovernanceTrail } from "../governance/trail.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { VerificationReport } from "../verify/verification-report.js";
import type { ReportScope } from "./report-scope.js";

/** One entry that a report shows. */
export interface ReportEntry {
  readonly entry: AuditEntry;
  /** Its canonical line. */
  readonly line: string;
}

/** Who made the report, and how. */
export interface ReportMaking {
  readonly version: string;
  /** The command, without anything secret. */
  readonly command: string;
  readonly at: Date;
}

/**
 * What a report states of how it was made. It stands in the page as JSON: with the evidence of a
 * whole log, anybody can make the page again.
 */
export interface ReportStatement {
  readonly title: string;
  readonly scope: ReportScope;
  readonly making: ReportMaking;
  /** The text of the file of the policy that the trail was judged by, if one was given. */
  readonly policyText: string | undefined;
  /** Its SHA-256, hexadecimal. */
  readonly policySha256: string | undefined;
  /** How many entries the source holds, up to where its trail was read. */
  readonly held: number;
  /** The sequence up to which the trail was read, and whether it has no gap up to there. */
  readonly readTo: number;
  readonly isComplete: boolean;
  /** How many entries of the scope are left out, because no checkpoint covers them yet. */
  readonly uncovered: number;
  /** What verify said about the source, if a key was given. */
  readonly verification: VerificationReport | undefined;
  /** How many entries the sample has at most. */
  readonly sampleSize: number;
}

/** All that a report is made from. */
export interface ReportInput extends ReportStatement {
  readonly logId: string;
  /** The trail of the whole log, as of the end of a period that had ended. */
  readonly trail: GovernanceTrail;
  /** The entries in the scope, by sequence. */
  readonly entries: readonly ReportEntry[];
  /** The newest checkpoint of the source. */
  readonly checkpoint: Checkpoint;
  /** The evidence bundle of the entries, as {@link packedEvidence} packs it. */
  readonly evidence: string;
}

/** What the report shows of the trail. */
export interface ReportView extends ReportInput {
  /** The sequences that the report shows. */
  readonly shown: ReadonlySet<number>;
  readonly proposals: readonly ProposalCase[];
  readonly subjects: readonly SubjectCase[];
  readonly findings: readonly Finding[];
}

/** Finds what the scope has of the trail. */
export function viewOf(input: ReportInput): ReportView {
  const { trail, scope, entries } = input;
  const shown = new Set(entries.map(({ entry }) => entry.sequence));
  const { proposalId, subjectId } = scope;
  const isWhole = Object.values(scope).every((value) => value === undefined);
  const all = trail.findings();
  const proposals = proposalsOf(input);
  const ids = new Set(
    entries
      .filter(({ entry }) => isAuthorization(entry))
      .map(({ entry }) => entry.subjectId)
      .concat(proposals.map((one) => one.subjectId))
      .filter((id) => id !== undefined)
      .filter((id) => subjectId === undefined || id === subjectId),
  );
  const cases = new Set(proposals.map((one) => one.proposalId));
  const findings = all.filter(
    (finding) =>
      isWhole ||
      cases.has(finding.proposalId ?? "") ||
      (proposalId === undefined &&
        subjectId === undefined &&
        finding.sequences.some((sequence) => shown.has(sequence))),
  );
  return {
    ...input,
    shown,
    proposals,
    subjects: [...ids].map((id) => trail.subject(id)).filter(hasStanding),
    findings,
  };
}

/** The cases of the scope. Those of a long log that are left out are never made. */
function proposalsOf({ trail, scope, entries }: ReportInput): readonly ProposalCase[] {
  const { proposalId, subjectId } = scope;
  const named = new Set(
    proposalId === undefined ? entries.map(({ entry }) => entry.proposalId) : [proposalId],
  );
  if (subjectId !== undefined)
    return trail.proposals({ subjectId }).filter((one) => named.has(one.proposalId));
  return [...named].flatMap((id) => (id === undefined ? [] : (trail.proposal(id) ?? [])));
}

function isAuthorization({ operation }: AuditEntry): boolean {
  return operation === "authorization_granted" || operation === "authorization_revoked";
}

function hasStanding({ history }: SubjectCase): boolean {
  return history.length > 0;
}
