import type { ConsensusDecision, ProposalKind, VoteDecision } from "./operations.js";

/** A request to the federation, such as "authorize this model". */
export interface GovernanceProposal {
  /** The proposal's permanent name, such as `urn:pqc-gov-prop:7f3a`. */
  readonly proposalId: string;
  /** The model, agent, policy or node that the proposal is about. */
  readonly subjectId: string;
  readonly kind: ProposalKind;
  /** DID of the node that proposes. */
  readonly proposerDid: string;
  readonly title: string;
  readonly description?: string;
  readonly createdAt?: Date | string;
  readonly expiresAt?: Date | string;
}

/** One node's answer to a proposal. */
export interface Vote {
  readonly voteId: string;
  readonly proposalId: string;
  /** DID of the node that votes. */
  readonly voterDid: string;
  readonly decision: VoteDecision;
  readonly rationale?: string;
  readonly castAt?: Date | string;
}

/** A vote with the signature of its voter. The log records the vote and ignores the signature. */
export interface SignedVote {
  readonly vote: Vote;
  readonly signature?: string;
  readonly algorithm?: string;
}

/** The outcome of a proposal, by weight. */
export interface ConsensusResult {
  readonly proposalId: string;
  /** DID of the node that signed the result; may be empty. */
  readonly signerDid: string;
  readonly decision: ConsensusDecision;
  readonly reason: string;
  readonly approveWeight: number;
  readonly rejectWeight: number;
  readonly abstainWeight: number;
  readonly totalWeight: number;
  /** The votes that were counted. */
  readonly includedVoteIds: readonly string[];
  readonly decidedAt?: Date | string;
}

/** One voter caught with two answers to the same proposal. */
export interface ByzantineEvidence {
  readonly voterDid: string;
  readonly proposalId: string;
  readonly priorDecision: VoteDecision;
  readonly conflictingDecision: VoteDecision;
}

/** A member of the federation. */
export interface GovernanceNode {
  readonly did: string;
  readonly name: string;
  /** Voting weight, not negative. */
  readonly weight: number;
}

/** The right of a subject to run, granted or revoked by a proposal. */
export interface AuthorizationGrant {
  readonly subjectId: string;
  readonly kind: ProposalKind;
  readonly proposalId: string;
}
