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
  readonly description?: string | undefined;
  /** When it was made: a `Date`, or RFC 3339. */
  readonly createdAt?: Date | string | undefined;
  /** Until when it can be decided: a `Date`, or RFC 3339. */
  readonly expiresAt?: Date | string | undefined;
  /** The weight that passes it, not negative. 0 asks for nothing: `check` takes it for none. */
  readonly threshold?: number | undefined;
  /**
   * The digest of exactly what is to be authorized, such as a request or a model file: `sha256:`
   * and 64 hexadecimal digits in lower case.
   */
  readonly actionDigest?: string | undefined;
  /** The version of the policy that decides. */
  readonly policyVersion?: string | undefined;
}

/** One node's answer to a proposal. */
export interface Vote {
  readonly voteId: string;
  readonly proposalId: string;
  /** DID of the node that votes. */
  readonly voterDid: string;
  readonly decision: VoteDecision;
  /** The weight of the vote, not negative. */
  readonly weight?: number | undefined;
  /** Why the node votes so. */
  readonly rationale?: string | undefined;
  /** When it was cast: a `Date`, or RFC 3339. */
  readonly castAt?: Date | string | undefined;
}

/**
 * A vote with the signature of its voter. Of the signature, the log records the algorithm and the
 * SHA-256 of its text. It does not check the signature.
 */
export interface SignedVote {
  readonly vote: Vote;
  /** The signature, as any text. */
  readonly signature?: string | undefined;
  /** The algorithm of the signature, such as `ML-DSA-65`. */
  readonly algorithm?: string | undefined;
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
  /**
   * The votes that were counted. The log records their number; `recordVoteIds` also their ids. An
   * empty list says that no vote was counted, and is recorded as a `vote_count` of 0.
   */
  readonly includedVoteIds: readonly string[];
  /** The weight that passes it, not negative. 0 asks for nothing: `check` takes it for none. */
  readonly threshold?: number | undefined;
  /** When it was decided: a `Date`, or RFC 3339. */
  readonly decidedAt?: Date | string | undefined;
}

/** One voter caught with two different answers to the same proposal. */
export interface ByzantineEvidence {
  readonly voterDid: string;
  readonly proposalId: string;
  readonly priorDecision: VoteDecision;
  readonly conflictingDecision: VoteDecision;
  /** DID of who found it out. */
  readonly detectedBy?: string | undefined;
  readonly priorVoteId?: string | undefined;
  readonly conflictingVoteId?: string | undefined;
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
  /** DID of who enacted it. */
  readonly actorDid?: string | undefined;
  /** Why it was granted or revoked. */
  readonly reason?: string | undefined;
  /** When the authorization ends: a `Date`, or RFC 3339. */
  readonly validUntil?: Date | string | undefined;
}
