import assert from "node:assert/strict";
import { type AuditMirror, type EntryOf, GovernanceAuditLog } from "quorumlog";
import type { Sink } from "./sink.mts";

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

/** Checks that a mirror delivers votes to a sink. It has the sink to itself. */
export async function assertDelivers(
  mirror: AuditMirror,
  sink: Sink,
  contentType: string,
): Promise<void> {
  const audit = new GovernanceAuditLog({ mirrors: [mirror] });
  const entries = castVotes(audit, 20);
  await audit.flush();
  assertDelivered(audit, 20);
  sink.assertReceived(entries);
  assert.deepEqual([...sink.contentTypes], [contentType]);
  await audit.shutdown();
  sink.close();
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
