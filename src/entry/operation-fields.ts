import type { ConsensusDecision, ProposalKind, VoteDecision } from "./operations.js";

/**
 * The columns and details of each operation, from which the entry types are made. Declare an app's own operations by
 * merging into it, and `operation` narrows to them too. An operation that is not declared is recorded all the same; only
 * TypeScript then takes a comparison with its name for a mistake.
 *
 * @example Declaring an operation of the app
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 *
 * declare module "quorumlog" {
 *   interface OperationFields {
 *     policy_updated: { actorDid: string; details: { policy: string } };
 *   }
 * }
 *
 * const audit = new GovernanceAuditLog();
 * for (const entry of audit.entries())
 *   if (entry.operation === "policy_updated") console.log(entry.details.policy);
 * ```
 */
export interface OperationFields {
  proposal_created: {
    proposalId: string;
    subjectId: string;
    kind: ProposalKind;
    actorDid: string;
    details: { readonly title: string };
  };
  vote_cast: {
    proposalId: string;
    actorDid: string;
    decision: VoteDecision;
    details: { readonly vote_id: string };
  };
  consensus_reached: {
    proposalId: string;
    /** May be empty. */
    actorDid: string;
    decision: ConsensusDecision;
    details: {
      readonly reason: string;
      readonly approve_weight: number;
      readonly reject_weight: number;
      readonly abstain_weight: number;
      readonly total_weight: number;
      /** Number of votes that were counted. */
      readonly vote_count: number;
    };
  };
  byzantine_detected: {
    proposalId: string;
    actorDid: string;
    details: { readonly prior_decision: VoteDecision; readonly conflicting_decision: VoteDecision };
  };
  node_added: { actorDid: string; details: { readonly name: string; readonly weight: number } };
  node_removed: { actorDid: string };
  authorization_granted: { proposalId: string; subjectId: string; kind: ProposalKind };
  authorization_revoked: { proposalId: string; subjectId: string; kind: ProposalKind };
}
