/**
 * The governance that the examples record: a vote by weight. An app has its own governance. What
 * matters here is that it calls the audit log at each step.
 */
import type {
  ConsensusResult,
  GovernanceAuditLog,
  GovernanceNode,
  ProposalInput,
  Vote,
  VoteDecision,
} from "quorumlog";

/** The vote on one proposal, from its creation to its result. */
export class Ballot {
  readonly #audit: GovernanceAuditLog;
  readonly #nodes: readonly GovernanceNode[];
  readonly #proposal: ProposalInput;
  readonly #votes = new Map<string, Vote>();
  /** Voters with two different answers, of which neither counts. */
  readonly #byzantine = new Set<string>();
  #cast = 0;

  /** Opens the vote and records the proposal. */
  constructor(
    audit: GovernanceAuditLog,
    nodes: readonly GovernanceNode[],
    proposal: ProposalInput,
  ) {
    this.#audit = audit;
    this.#nodes = nodes;
    this.#proposal = proposal;
    audit.logProposalCreated(proposal);
  }

  /** Records a vote, and reports the voter if the answer differs from an earlier one. */
  cast(voterDid: string, decision: VoteDecision): void {
    const { proposalId } = this.#proposal;
    const voteId = `${proposalId.replace("-prop:", "-vote:")}-${++this.#cast}`;
    const vote: Vote = { voteId, proposalId, voterDid, decision };
    this.#audit.logVoteCast({ vote });
    const prior = this.#votes.get(voterDid);
    if (prior === undefined) this.#votes.set(voterDid, vote);
    else if (prior.decision !== decision) {
      this.#byzantine.add(voterDid);
      this.#audit.logByzantineDetected({
        voterDid,
        proposalId,
        priorDecision: prior.decision,
        conflictingDecision: decision,
      });
    }
  }

  /** Ends the vote and records the result. Two thirds of all weight must approve. */
  close(signerDid: string): ConsensusResult {
    const counted = [...this.#votes.values()].filter((vote) => !this.#byzantine.has(vote.voterDid));
    const weightOf = (decision: VoteDecision): number =>
      sum(
        counted
          .filter((vote) => vote.decision === decision)
          .map((vote) => this.#weightOf(vote.voterDid)),
      );
    const approveWeight = weightOf("approve");
    const totalWeight = sum(this.#nodes.map((node) => node.weight));
    const needed = Math.ceil((totalWeight * 2) / 3);
    const result: ConsensusResult = {
      proposalId: this.#proposal.proposalId,
      signerDid,
      decision: approveWeight >= needed ? "passed" : "rejected",
      reason: `weight ${approveWeight} of ${totalWeight} approves, ${needed} needed`,
      approveWeight,
      rejectWeight: weightOf("reject"),
      abstainWeight: weightOf("abstain"),
      totalWeight,
      includedVoteIds: counted.map((vote) => vote.voteId),
    };
    this.#audit.logConsensusReached(result);
    return result;
  }

  #weightOf(did: string): number {
    return this.#nodes.find((node) => node.did === did)?.weight ?? 0;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
