import type { GovernanceAuditLog } from "quorumlog";
import { type Finding, replay } from "quorumlog/governance";

/**
 * Says where the rules of governance are not known to be kept, and how many voted against a result.
 *
 * The file names no members and no weights. So the trail cannot show who could vote, nor whether
 * the results are those of the votes: both are undetermined.
 */
export function findings(audit: GovernanceAuditLog): string[] {
  const trail = replay(audit.entries({ order: "oldest", limit: audit.length }));
  const { votes, proposals } = trail.oversight().dissent;
  return [
    "",
    "dissent",
    row(votes, "votes against the result"),
    row(proposals, "proposals with such a vote"),
    "",
    "what breaks the rules or cannot be told, by entries",
    ...[...Map.groupBy(trail.findings(), inWords)].map(([words, found]) =>
      row(
        found.reduce((sum, { sequences }) => sum + sequences.length, 0),
        words,
      ),
    ),
  ];
}

function inWords({ rule, status, message }: Finding): string {
  return `${rule} ${status}: ${message}`;
}

function row(count: number, what: string): string {
  return `${String(count).padStart(7)}  ${what}`;
}
