import { type ConsensusInput, GovernanceAuditLog } from "quorumlog";
import type { Proposal } from "./read-proposals.ts";
import type { VoteRow } from "./vote-row.ts";

/**
 * Records proposals, their votes and results, and returns the log that holds them.
 *
 * Proposals and votes are history. So `log` records them, with the time when they happened, and
 * without the columns that the file does not have. The results are counted now, so the helper
 * records them.
 *
 * @param onProgress - Called after each proposal.
 */
export function replay(
  proposals: readonly Proposal[],
  onProgress: (done: number, of: number) => void,
): GovernanceAuditLog {
  const votes = proposals.reduce((total, proposal) => total + proposal.votes.length, 0);
  // The log must hold all entries, since the summary queries them.
  const audit = new GovernanceAuditLog({ maxEntries: Math.max(1, 2 * proposals.length + votes) });
  for (const [index, { id, start: timestamp, votes }] of proposals.entries()) {
    const proposalId = `proposal:${id}`;
    audit.log({
      operation: "proposal_created",
      proposalId,
      details: { title: `Proposal ${id}` },
      timestamp,
    });
    for (const { voter, decision, original } of votes)
      audit.log({
        operation: "vote_cast",
        proposalId,
        actorDid: voter,
        decision,
        details: { vote_id: `vote:${id}:${voter}`, original },
        timestamp,
      });
    audit.logConsensusReached(resultOf(proposalId, votes));
    onProgress(index + 1, proposals.length);
  }
  return audit;
}

/** The result by number of votes, since the file has no weights. */
function resultOf(proposalId: string, votes: readonly VoteRow[]): ConsensusInput {
  const approveWeight = votes.filter((vote) => vote.decision === "approve").length;
  const rejectWeight = votes.filter((vote) => vote.decision === "reject").length;
  return {
    proposalId,
    signerDid: "",
    decision: approveWeight > rejectWeight ? "passed" : "rejected",
    reason: `${approveWeight} for, ${rejectWeight} against`,
    approveWeight,
    rejectWeight,
    abstainWeight: votes.length - approveWeight - rejectWeight,
    totalWeight: votes.length,
    includedVoteIds: votes.map(({ proposal, voter }) => `vote:${proposal}:${voter}`),
  };
}
