/**
 * The eight operations of AI governance that have a helper. Their names are stable for ever.
 */
export const OPERATIONS = [
  "proposal_created",
  "vote_cast",
  "consensus_reached",
  "byzantine_detected",
  "node_added",
  "node_removed",
  "authorization_granted",
  "authorization_revoked",
] as const;

/** One of the eight governance operations. */
export type Operation = (typeof OPERATIONS)[number];

/** What a proposal can ask for. */
export const PROPOSAL_KINDS = [
  "authorize-model",
  "revoke-model",
  "authorize-agent",
  "revoke-agent",
  "update-policy",
  "add-node",
  "remove-node",
  "emergency-freeze",
  "delegation",
] as const;

/**
 * The kinds of proposals of the app's own. Merge them into this interface, which is empty, and name
 * them in the option `kinds` of the log: the log refuses a kind that it does not know.
 *
 * @example Declaring a kind of the app
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 *
 * declare module "quorumlog" {
 *   interface OwnKinds {
 *     "retire-model": true;
 *   }
 * }
 *
 * const audit = new GovernanceAuditLog({ kinds: ["retire-model"] });
 * audit.logAuthorizationRevoked({ proposalId: "p1", subjectId: "m1", kind: "retire-model" });
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its kinds into it
export interface OwnKinds {}

/** What a proposal asks for: one of {@link PROPOSAL_KINDS}, or a kind of the app's own. */
export type ProposalKind = (typeof PROPOSAL_KINDS)[number] | Extract<keyof OwnKinds, string>;

/** The form of a kind of the app's own: `[a-z][a-z0-9-]*`, at most 64 characters. */
export const KIND_PATTERN: RegExp = /^[a-z][a-z0-9-]{0,63}$/;

/** What a node can vote. */
export const VOTE_DECISIONS = ["approve", "reject", "abstain"] as const;

/** What a node voted. */
export type VoteDecision = (typeof VOTE_DECISIONS)[number];

/** How a proposal can end. */
export const CONSENSUS_DECISIONS = ["passed", "rejected"] as const;

/** How a proposal ended. */
export type ConsensusDecision = (typeof CONSENSUS_DECISIONS)[number];

/**
 * The columns and details of each operation. The entry types are made from it. To declare the app's
 * own operations, merge them into this interface; `operation` then narrows to them too. The log
 * also records operations that are not declared, but TypeScript reports a comparison with their
 * names as a mistake.
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
 * for (const entry of audit.entries({ operation: "policy_updated" }))
 *   console.log(entry.details.policy);
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
      /** How many votes were counted. */
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

/** The values that the columns of an operation may have, wherever the event came from. */
export interface Vocabulary {
  /** Whether its kind must be one that the log knows. */
  readonly hasKind?: true;
  readonly decision?: readonly string[];
  /**
   * For each detail that the operation's entry type names: its JSON type, or the values it may
   * have.
   */
  readonly details?: Readonly<Record<string, "string" | "number" | readonly string[]>>;
}

/** The vocabularies of the eight operations. An app's own operations are free. */
export const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map<Operation, Vocabulary>([
  ["proposal_created", { hasKind: true, details: { title: "string" } }],
  ["vote_cast", { decision: VOTE_DECISIONS, details: { vote_id: "string" } }],
  [
    "consensus_reached",
    {
      decision: CONSENSUS_DECISIONS,
      details: {
        reason: "string",
        approve_weight: "number",
        reject_weight: "number",
        abstain_weight: "number",
        total_weight: "number",
        vote_count: "number",
      },
    },
  ],
  [
    "byzantine_detected",
    { details: { prior_decision: VOTE_DECISIONS, conflicting_decision: VOTE_DECISIONS } },
  ],
  ["node_added", { details: { name: "string", weight: "number" } }],
  ["node_removed", {}],
  ["authorization_granted", { hasKind: true }],
  ["authorization_revoked", { hasKind: true }],
]);

/** The operation name of the log's own checkpoints. No event can have it. */
export const RESERVED_OPERATION = "checkpoint";

/** The form of an operation's name: `[a-z][a-z0-9_]*`, at most 64 characters. */
export const OPERATION_PATTERN: RegExp = /^[a-z][a-z0-9_]{0,63}$/;
