import { invalidEntry } from "../errors.js";
import { type ValidEvent, validEvent } from "./audit-event.js";
import { addGiven, GIVEN_DETAILS } from "./details.js";
import type {
  AuthorizationGrant,
  ByzantineEvidence,
  ConsensusResult,
  GovernanceNode,
  GovernanceProposal,
  SignedVote,
  Vote,
} from "./domain.js";
import type { JsonValue } from "./json.js";
import { CONSENSUS_DECISIONS, type KnownKinds, VOTE_DECISIONS } from "./operations.js";
import { sha256Hex } from "./sha256.js";
import {
  kindOf,
  lengthOf,
  nameOf,
  namesOf,
  objectOf,
  oneOf,
  readField,
  weightOf,
  wellFormed,
} from "./untrusted.js";

/** What `logProposalCreated` takes of a proposal. */
export type ProposalInput = GovernanceProposal;

/** What `logVoteCast` takes of a signed vote. */
export type VoteInput = SignedVote;

/** What `logConsensusReached` takes of a result. */
export interface ConsensusInput extends ConsensusResult {
  /**
   * Whether the ids of the counted votes are recorded too. They take room: a line holds 64 KiB.
   *
   * @defaultValue false: only their number is recorded
   */
  readonly recordVoteIds?: boolean | undefined;
}

/** What `logNodeAdded` takes of a node that joins. */
export interface NodeAddedInput extends GovernanceNode {
  /** The proposal that let it in. */
  readonly proposalId?: string | undefined;
  /** DID of who added it. */
  readonly addedBy?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * What `logNodeRemoved` takes of a node that leaves. The name and the weight of a whole
 * {@link GovernanceNode} are not recorded: its `node_added` entry has them.
 */
export interface NodeRemovedInput extends Pick<GovernanceNode, "did"> {
  /** The proposal that removed it. */
  readonly proposalId?: string | undefined;
  /** DID of who removed it. */
  readonly removedBy?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * Makes a `proposal_created` event of a proposal. Throws `invalid_entry`.
 *
 * @param kinds - The kinds that the log knows.
 */
export function proposalCreated(
  proposal: ProposalInput,
  kinds: KnownKinds,
): ValidEvent<"proposal_created"> {
  const source = objectOf(proposal, "proposal");
  const columns = {
    proposalId: name(source, "proposalId"),
    subjectId: name(source, "subjectId"),
    kind: kindOf(readField(source, "kind", "kind"), kinds),
    actorDid: name(source, "proposerDid"),
  };
  const details: Record<string, JsonValue> = { title: text(source, "title") };
  addGiven(details, source, GIVEN_DETAILS.proposal_created);
  return validEvent("proposal_created", columns, details);
}

const GIVEN_IN_VOTE = GIVEN_DETAILS.vote_cast.filter(({ from }) => from.startsWith("vote."));
const GIVEN_BESIDE_VOTE = GIVEN_DETAILS.vote_cast.filter(({ from }) => from === "algorithm");

/** Makes a `vote_cast` event of a signed vote. Throws `invalid_entry`. */
export function voteCast(signed: VoteInput): ValidEvent<"vote_cast"> {
  const outer = objectOf(signed, "signed");
  const source = objectOf(readField(outer, "vote", "vote"), "vote");
  const columns = {
    proposalId: name(source, "proposalId", "vote.proposalId"),
    actorDid: name(source, "voterDid", "vote.voterDid"),
    decision: oneOf(
      VOTE_DECISIONS,
      readField(source, "decision", "vote.decision"),
      "vote.decision",
    ),
  };
  const details: Record<string, JsonValue> = { vote_id: name(source, "voteId", "vote.voteId") };
  if (isBare(outer as SignedVote, source as Vote)) return validEvent("vote_cast", columns, details);
  addGiven(details, source, GIVEN_IN_VOTE);
  addGiven(details, outer, GIVEN_BESIDE_VOTE);
  const signature = readField(outer, "signature", "signature") ?? undefined;
  if (signature !== undefined)
    details["signature_digest"] = `sha256:${sha256Hex(wellFormed(signature, "signature"))}`;
  return validEvent("vote_cast", columns, details);
}

/**
 * Whether a vote has nothing but what is always recorded. Votes are the bulk of a log. Read by
 * their names in one place, absent fields cost next to nothing; by the table, they cost a
 * twentieth of a sealed call (measured).
 */
function isBare(outer: SignedVote, vote: Vote): boolean {
  try {
    return (
      vote.weight === undefined &&
      vote.rationale === undefined &&
      vote.castAt === undefined &&
      outer.signature === undefined &&
      outer.algorithm === undefined
    );
  } catch {
    return false; // a getter threw: the table says where
  }
}

const GIVEN_IN_RESULT = GIVEN_DETAILS.consensus_reached.filter(({ type }) => type !== "strings");

/** Makes a `consensus_reached` event of a result. Throws `invalid_entry`. */
export function consensusReached(result: ConsensusInput): ValidEvent<"consensus_reached"> {
  const source = objectOf(result, "result");
  const columns = {
    proposalId: name(source, "proposalId"),
    actorDid: text(source, "signerDid"),
    decision: oneOf(CONSENSUS_DECISIONS, readField(source, "decision", "decision"), "decision"),
  };
  const votes = readField(source, "includedVoteIds", "includedVoteIds");
  const voteIds = recordsVoteIds(source) ? namesOf(votes, "includedVoteIds") : undefined;
  const details: Record<string, JsonValue> = {
    reason: text(source, "reason"),
    approve_weight: weight(source, "approveWeight"),
    reject_weight: weight(source, "rejectWeight"),
    abstain_weight: weight(source, "abstainWeight"),
    total_weight: weight(source, "totalWeight"),
    vote_count: voteIds?.length ?? lengthOf(votes, "includedVoteIds"),
  };
  addGiven(details, source, GIVEN_IN_RESULT);
  if (voteIds !== undefined) details["included_vote_ids"] = Object.freeze(voteIds);
  return validEvent("consensus_reached", columns, details);
}

function recordsVoteIds(source: object): boolean {
  const value = readField(source, "recordVoteIds", "recordVoteIds") ?? false;
  if (typeof value !== "boolean") throw invalidEntry("recordVoteIds", "expected a boolean");
  return value;
}

/**
 * Makes a `byzantine_detected` event of the evidence. Throws `invalid_entry`, also for two equal
 * decisions: they show no fault.
 */
export function byzantineDetected(evidence: ByzantineEvidence): ValidEvent<"byzantine_detected"> {
  const source = objectOf(evidence, "event");
  const columns = { proposalId: name(source, "proposalId"), actorDid: name(source, "voterDid") };
  const prior = voteDecision(source, "priorDecision");
  const conflicting = voteDecision(source, "conflictingDecision");
  if (prior === conflicting)
    throw invalidEntry("conflictingDecision", "expected another decision than priorDecision");
  const details: Record<string, JsonValue> = {
    prior_decision: prior,
    conflicting_decision: conflicting,
  };
  addGiven(details, source, GIVEN_DETAILS.byzantine_detected);
  return validEvent("byzantine_detected", columns, details);
}

/** Makes a `node_added` event of a node. Throws `invalid_entry`. */
export function nodeAdded(node: NodeAddedInput): ValidEvent<"node_added"> {
  const source = objectOf(node, "node");
  const columns = {
    actorDid: name(source, "did"),
    proposalId: optionalName(source, "proposalId"),
  };
  const details: Record<string, JsonValue> = {
    name: text(source, "name"),
    weight: weight(source, "weight"),
  };
  addGiven(details, source, GIVEN_DETAILS.node_added);
  return validEvent("node_added", columns, details);
}

/** Makes a `node_removed` event of a node. Throws `invalid_entry`. */
export function nodeRemoved(node: NodeRemovedInput): ValidEvent<"node_removed"> {
  const source = objectOf(node, "node");
  const columns = {
    actorDid: name(source, "did"),
    proposalId: optionalName(source, "proposalId"),
  };
  const details: Record<string, JsonValue> = {};
  addGiven(details, source, GIVEN_DETAILS.node_removed);
  return validEvent("node_removed", columns, details);
}

/**
 * Makes an `authorization_granted` or `authorization_revoked` event of a grant. Throws
 * `invalid_entry`.
 *
 * @param kinds - The kinds that the log knows.
 */
export function authorization<Name extends "authorization_granted" | "authorization_revoked">(
  operation: Name,
  grant: AuthorizationGrant,
  kinds: KnownKinds,
): ValidEvent<Name> {
  const source = objectOf(grant, "grant");
  const columns = {
    proposalId: name(source, "proposalId"),
    subjectId: name(source, "subjectId"),
    kind: kindOf(readField(source, "kind", "kind"), kinds),
    actorDid: optionalName(source, "actorDid"),
  };
  const details: Record<string, JsonValue> = {};
  addGiven(details, source, GIVEN_DETAILS[operation]);
  return validEvent(operation, columns, details);
}

function name(source: object, key: string, field: string = key): string {
  return nameOf(readField(source, key, field), field);
}

function optionalName(source: object, key: string): string | undefined {
  const value = readField(source, key, key) ?? undefined;
  return value === undefined ? undefined : nameOf(value, key);
}

function text(source: object, key: string): string {
  return wellFormed(readField(source, key, key), key);
}

function weight(source: object, key: string): number {
  return weightOf(readField(source, key, key), key);
}

function voteDecision(source: object, key: string): string {
  return oneOf(VOTE_DECISIONS, readField(source, key, key), key);
}
