import {
  type AuditEntry,
  type AuditQuery,
  CONSENSUS_DECISIONS,
  type GovernanceAuditLog,
  VOTE_DECISIONS,
} from "quorumlog";
import { short } from "../shared/in-words.ts";

const SHOWN_PROPOSALS = 10;

/** Summarizes the votes of a replayed log. All figures are queried from the log. */
export function summary(audit: GovernanceAuditLog): string[] {
  const votes = audit.count({ operation: "vote_cast" });
  const proposals = audit.count({ operation: "proposal_created" });
  return [
    `${proposals} proposals, ${votes} votes, ${audit.length} entries`,
    "",
    "votes by word of the file",
    ...table(byOriginalWord(audit)),
    "votes by decision",
    ...table(
      VOTE_DECISIONS.map((decision) => [
        decision,
        audit.count({ operation: "vote_cast", decision }),
      ]),
    ),
    "results",
    ...table(
      CONSENSUS_DECISIONS.map((decision) => [
        decision,
        audit.count({ operation: "consensus_reached", decision }),
      ]),
    ),
    "proposals with the most votes",
    ...mostVoted(audit),
  ];
}

function byOriginalWord(audit: GovernanceAuditLog): [word: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { details } of all(audit, { operation: "vote_cast" })) {
    const word = String((details as { readonly original?: unknown }).original);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function mostVoted(audit: GovernanceAuditLog): string[] {
  const results = [...all(audit, { operation: "consensus_reached" })].flatMap((entry) =>
    entry.operation === "consensus_reached" ? [entry] : [],
  );
  const weight = (entry: (typeof results)[number]): number => entry.details.total_weight ?? 0;
  return results
    .sort((a, b) => weight(b) - weight(a) || a.sequence - b.sequence)
    .slice(0, SHOWN_PROPOSALS)
    .map(({ proposalId, decision, details }) => {
      const count = String(details.total_weight).padStart(7);
      return `${count}  proposal ${short(proposalId).padEnd(5)}  ${decision}: ${details.reason}`;
    });
}

/** All entries of a query, read page by page. */
function* all(
  audit: GovernanceAuditLog,
  query: AuditQuery,
): Generator<AuditEntry, void, undefined> {
  let after: number | undefined;
  do {
    const page = audit.page({ ...query, order: "oldest", limit: 1000, after });
    yield* page.entries;
    after = page.next;
  } while (after !== undefined);
}

function table(rows: readonly (readonly [name: string, count: number])[]): string[] {
  return [...rows.map(([name, count]) => `${String(count).padStart(7)}  ${name}`), ""];
}
