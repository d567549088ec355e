import {
  ACTOR_DETAILS,
  type DetailConvention,
  type DetailType,
  OPERATION_DETAILS,
} from "../semconv.js";

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

/**
 * The operations of entries that a log records about itself: a legal hold, its release, and a
 * pruning. No event can have them. Their names are stable for ever.
 */
export const LOG_OPERATIONS = ["log_hold_set", "log_hold_released", "log_pruned"] as const;

/** One of the operations that a log records about itself. */
export type LogOperation = (typeof LOG_OPERATIONS)[number];

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
 *   interface ProposalKinds {
 *     "retire-model": true;
 *   }
 * }
 *
 * const audit = new GovernanceAuditLog({ kinds: ["retire-model"] });
 * audit.logAuthorizationRevoked({ proposalId: "p1", subjectId: "m1", kind: "retire-model" });
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its kinds into it
export interface ProposalKinds {}

/** What a proposal asks for: one of {@link PROPOSAL_KINDS}, or a kind of the app's own. */
export type ProposalKind = (typeof PROPOSAL_KINDS)[number] | Extract<keyof ProposalKinds, string>;

/** The form of a kind of the app's own: `[a-z][a-z0-9-]*`, at most 64 characters. */
export const KIND_PATTERN: RegExp = /^[a-z][a-z0-9-]{0,63}$/;

/** The kinds of proposals that a log records: those of a list, or every kind. */
export type KnownKinds = readonly string[] | "any";

/** What a node can vote. */
export const VOTE_DECISIONS = ["approve", "reject", "abstain"] as const;

/** What a node voted. */
export type VoteDecision = (typeof VOTE_DECISIONS)[number];

/** Who can stand behind a call. */
export const ACTOR_TYPES = ["human", "agent", "service"] as const;

/** Who stood behind a call. */
export type ActorType = (typeof ACTOR_TYPES)[number];

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
    details: DetailsOf<"proposal_created">;
  };
  vote_cast: {
    proposalId: string;
    actorDid: string;
    decision: VoteDecision;
    details: DetailsOf<"vote_cast">;
  };
  consensus_reached: {
    proposalId: string;
    /** May be empty. */
    actorDid: string;
    decision: ConsensusDecision;
    details: DetailsOf<"consensus_reached">;
  };
  byzantine_detected: {
    proposalId: string;
    actorDid: string;
    details: DetailsOf<"byzantine_detected">;
  };
  node_added: { proposalId?: string; actorDid: string; details: DetailsOf<"node_added"> };
  node_removed: { proposalId?: string; actorDid: string; details: DetailsOf<"node_removed"> };
  authorization_granted: {
    proposalId: string;
    subjectId: string;
    kind: ProposalKind;
    /** Who enacted it. */
    actorDid?: string;
    details: DetailsOf<"authorization_granted">;
  };
  authorization_revoked: {
    proposalId: string;
    subjectId: string;
    kind: ProposalKind;
    /** Who enacted it. */
    actorDid?: string;
    details: DetailsOf<"authorization_revoked">;
  };
  log_hold_set: {
    /** The proposal that is held; absent if a time is held. */
    proposalId?: string;
    /** Who set the hold. */
    actorDid?: string;
    details: DetailsOf<"log_hold_set">;
  };
  log_hold_released: {
    /** The proposal that was held. */
    proposalId?: string;
    /** Who released the hold. */
    actorDid?: string;
    details: DetailsOf<"log_hold_released">;
  };
  log_pruned: {
    /** Who pruned the log. */
    actorDid?: string;
    details: DetailsOf<"log_pruned">;
  };
}

/** What the value of a detail is in TypeScript, for each {@link DetailType}. */
export interface DetailValues {
  text: string;
  name: string;
  number: number;
  time: string;
  digest: string;
  strings: readonly string[];
  vote_decision: VoteDecision;
  actor_type: ActorType;
}

/**
 * The details that a table declares. Those that are recorded when they are given are optional.
 */
export type DetailsIn<Table extends Readonly<Record<string, DetailConvention>>> = {
  readonly [Key in keyof Table as Table[Key] extends { from: string }
    ? never
    : Key]: DetailValues[Table[Key]["type"]];
} & {
  readonly [Key in keyof Table as Table[Key] extends { from: string }
    ? Key
    : never]?: DetailValues[Table[Key]["type"]];
};

/**
 * The details of one of the eight operations, or of an entry of the log itself, with the details of
 * the actor (docs/semantic-conventions.md says what each means).
 *
 * @example The expiry of a proposal
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 *
 * const audit = new GovernanceAuditLog();
 * for (const { details } of audit.entries({ operation: "proposal_created" }))
 *   console.log(details.title, details.expires_at, details.actor_type);
 * ```
 */
export type DetailsOf<Name extends Operation | LogOperation> = DetailsIn<
  (typeof OPERATION_DETAILS)[Name]
> &
  DetailsIn<typeof ACTOR_DETAILS>;

/** The values that an operation may have, wherever the event came from. */
export interface Vocabulary {
  /** Whether its kind must be one that the log knows. */
  readonly hasKind: boolean;
  readonly decision: readonly string[] | undefined;
  readonly details: readonly (readonly [key: string, type: DetailType])[];
}

const WITH_KIND: readonly Operation[] = [
  "proposal_created",
  "authorization_granted",
  "authorization_revoked",
];

const DECISIONS: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  vote_cast: VOTE_DECISIONS,
  consensus_reached: CONSENSUS_DECISIONS,
};

/** The vocabularies of the eight operations. An app's own operations are free. */
export const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map(
  OPERATIONS.map((operation) => {
    const details: Readonly<Record<string, DetailConvention>> = {
      ...OPERATION_DETAILS[operation],
      ...ACTOR_DETAILS,
    };
    return [
      operation,
      {
        hasKind: WITH_KIND.includes(operation),
        decision: DECISIONS[operation],
        details: Object.entries(details).map(([key, { type }]) => [key, type] as const),
      },
    ];
  }),
);

/** The operation name of the log's own checkpoints. No event can have it. */
export const RESERVED_OPERATION = "checkpoint";

/** Whether an operation is one that a log records about itself. */
export function isLogOperation(operation: unknown): operation is LogOperation {
  return (LOG_OPERATIONS as readonly unknown[]).includes(operation);
}

/** The form of an operation's name: `[a-z][a-z0-9_]*`, at most 64 characters. */
export const OPERATION_PATTERN: RegExp = /^[a-z][a-z0-9_]{0,63}$/;
