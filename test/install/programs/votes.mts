import assert from "node:assert/strict";
import type { EntryOf, GovernanceAuditLog } from "quorumlog";

export const PROPOSAL = "urn:pqc-gov-prop:7f3a";

/** Casts votes, and returns their entries. */
export function castVotes(audit: GovernanceAuditLog, count: number): EntryOf<"vote_cast">[] {
  return Array.from({ length: count }, (_, index) =>
    audit.logVoteCast({
      vote: {
        voteId: `v${index}`,
        proposalId: PROPOSAL,
        voterDid: "did:pqaid:bob",
        decision: "approve",
      },
    }),
  );
}

/** Checks that all entries are in the ledger of the mirror as delivered. */
export function assertDelivered(audit: GovernanceAuditLog, count: number, mirror = "otlp"): void {
  assert.deepEqual(audit.ledger().mirrors[mirror], {
    accepted: count,
    delivered: count,
    pending: 0,
    rejected: 0,
  });
}
