// Compiled, not run: what each helper takes, and which columns its entry always has.
import { expectTypeOf } from "vitest";
import type {
  AuditEntry,
  AuditEvent,
  AuthorizationGrant,
  ByzantineEvidence,
  ConsensusDecision,
  ConsensusResult,
  EntryOf,
  GovernanceAuditLog,
  GovernanceNode,
  GovernanceProposal,
  ProposalKind,
  SignedVote,
  Vote,
  VoteDecision,
} from "../../src/index.js";

export function wholeDomainObjects(
  audit: GovernanceAuditLog,
  proposal: GovernanceProposal,
  signed: SignedVote,
  result: ConsensusResult,
  evidence: ByzantineEvidence,
  node: GovernanceNode,
  grant: AuthorizationGrant,
): AuditEntry[] {
  return [
    audit.logProposalCreated(proposal),
    audit.logVoteCast(signed),
    audit.logConsensusReached(result),
    audit.logByzantineDetected(evidence),
    audit.logNodeAdded(node),
    audit.logNodeRemoved(node),
    audit.logAuthorizationGranted(grant),
    audit.logAuthorizationRevoked(grant),
  ];
}

export function returnsAreExact(audit: GovernanceAuditLog): void {
  expectTypeOf(audit.logProposalCreated).returns.toEqualTypeOf<EntryOf<"proposal_created">>();
  expectTypeOf(audit.logVoteCast).returns.toEqualTypeOf<EntryOf<"vote_cast">>();
  expectTypeOf(audit.logConsensusReached).returns.toEqualTypeOf<EntryOf<"consensus_reached">>();
  expectTypeOf(audit.logByzantineDetected).returns.toEqualTypeOf<EntryOf<"byzantine_detected">>();
  expectTypeOf(audit.logNodeAdded).returns.toEqualTypeOf<EntryOf<"node_added">>();
  expectTypeOf(audit.logNodeRemoved).returns.toEqualTypeOf<EntryOf<"node_removed">>();
  expectTypeOf(audit.logAuthorizationGranted).returns.toEqualTypeOf<
    EntryOf<"authorization_granted">
  >();
  expectTypeOf(audit.logAuthorizationRevoked).returns.toEqualTypeOf<
    EntryOf<"authorization_revoked">
  >();
  expectTypeOf(audit.log).returns.toEqualTypeOf<AuditEntry>();
}

export function columnsAreThere(
  proposal: EntryOf<"proposal_created">,
  vote: EntryOf<"vote_cast">,
  result: EntryOf<"consensus_reached">,
  double: EntryOf<"byzantine_detected">,
  added: EntryOf<"node_added">,
  removed: EntryOf<"node_removed">,
  granted: EntryOf<"authorization_granted">,
): void {
  expectTypeOf(proposal.operation).toEqualTypeOf<"proposal_created">();
  expectTypeOf(proposal.proposalId).toEqualTypeOf<string>();
  expectTypeOf(proposal.subjectId).toEqualTypeOf<string>();
  expectTypeOf(proposal.kind).toEqualTypeOf<ProposalKind>();
  expectTypeOf(proposal.actorDid).toEqualTypeOf<string>();
  expectTypeOf(proposal.details.title).toExtend<string>();
  expectTypeOf(vote.decision).toEqualTypeOf<VoteDecision>();
  expectTypeOf(vote.details.vote_id).toExtend<string>();
  expectTypeOf(vote.subjectId).toEqualTypeOf<string | undefined>();
  expectTypeOf(result.decision).toEqualTypeOf<ConsensusDecision>();
  expectTypeOf(result.details.total_weight).toExtend<number>();
  expectTypeOf(double.details.prior_decision).toExtend<VoteDecision>();
  expectTypeOf(added.details.weight).toExtend<number>();
  expectTypeOf(removed.actorDid).toEqualTypeOf<string>();
  expectTypeOf(removed.proposalId).toEqualTypeOf<string | undefined>();
  expectTypeOf(granted.kind).toEqualTypeOf<ProposalKind>();
}

export function takesWhatItNeeds(audit: GovernanceAuditLog, vote: Vote): void {
  audit.logVoteCast({
    vote: { voteId: "v1", proposalId: "p1", voterDid: "did:bob", decision: "approve" },
  });
  audit.logVoteCast({ vote });
  // @ts-expect-error the vote itself is not a signed vote
  audit.logVoteCast(vote);
  // @ts-expect-error a vote has no such decision
  audit.logVoteCast({ vote: { ...vote, decision: "passed" } });
  // @ts-expect-error a vote without an id
  audit.logVoteCast({ vote: { proposalId: "p1", voterDid: "did:bob", decision: "approve" } });
  audit.logNodeRemoved({ did: "did:bob" });
  // @ts-expect-error no such kind
  audit.logAuthorizationGranted({ subjectId: "m1", kind: "authorise-model", proposalId: "p1" });
}

export function eventsOfTheApp(audit: GovernanceAuditLog, maybe: string | undefined): void {
  audit.log({
    operation: "policy_updated",
    actorDid: maybe,
    details: { limit: 5, note: maybe, list: [1, null] },
  });
  const event: AuditEvent = { operation: "vote_cast", timestamp: new Date() };
  audit.log(event);
  // @ts-expect-error an event has an operation
  audit.log({ actorDid: "did:bob" });
  // @ts-expect-error a Date is not JSON
  audit.log({ operation: "policy_updated", details: { at: new Date() } });
  // @ts-expect-error a BigInt is not JSON
  audit.log({ operation: "policy_updated", details: { limits: [1n] } });
  // @ts-expect-error the time is a Date
  audit.log({ operation: "policy_updated", timestamp: "2026-04-14T12:00:00Z" });
}
