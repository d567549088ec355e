import { invalidEntry } from "../errors.js";
import {
  objectOf,
  oneOf,
  readField,
  type ValidEvent,
  validEvent,
  wellFormed,
} from "./audit-event.js";
import type {
  AuthorizationGrant,
  ByzantineEvidence,
  ConsensusResult,
  GovernanceNode,
  GovernanceProposal,
  Vote,
} from "./domain.js";
import { CONSENSUS_DECISIONS, VOTE_DECISIONS } from "./operations.js";

/** What `logProposalCreated` takes of a proposal. */
export type ProposalInput = Pick<
  GovernanceProposal,
  "proposalId" | "subjectId" | "kind" | "proposerDid" | "title"
>;

/** What `logVoteCast` takes of a signed vote. */
export interface VoteInput {
  readonly vote: Pick<Vote, "voteId" | "proposalId" | "voterDid" | "decision">;
}

/** What `logConsensusReached` takes of a result. */
export type ConsensusInput = Pick<
  ConsensusResult,
  | "proposalId"
  | "signerDid"
  | "decision"
  | "reason"
  | "approveWeight"
  | "rejectWeight"
  | "abstainWeight"
  | "totalWeight"
  | "includedVoteIds"
>;

/**
 * Makes a `proposal_created` event of a proposal. Throws `invalid_entry`.
 *
 * @param kinds - The kinds that the log knows.
 */
export function proposalCreated(
  proposal: ProposalInput,
  kinds: readonly string[],
): ValidEvent<"proposal_created"> {
  const source = objectOf(proposal, "proposal");
  return validEvent(
    "proposal_created",
    {
      proposalId: identifier(source, "proposalId"),
      subjectId: identifier(source, "subjectId"),
      kind: oneOf(kinds, readField(source, "kind", "kind"), "kind"),
      actorDid: identifier(source, "proposerDid"),
    },
    { title: text(source, "title") },
  );
}

/** Makes a `vote_cast` event of a signed vote. Throws `invalid_entry`. */
export function voteCast(signed: VoteInput): ValidEvent<"vote_cast"> {
  const source = objectOf(readField(objectOf(signed, "signed"), "vote", "vote"), "vote");
  return validEvent(
    "vote_cast",
    {
      proposalId: identifier(source, "proposalId", "vote.proposalId"),
      actorDid: identifier(source, "voterDid", "vote.voterDid"),
      decision: oneOf(
        VOTE_DECISIONS,
        readField(source, "decision", "vote.decision"),
        "vote.decision",
      ),
    },
    { vote_id: identifier(source, "voteId", "vote.voteId") },
  );
}

/** Makes a `consensus_reached` event of a result. Throws `invalid_entry`. */
export function consensusReached(result: ConsensusInput): ValidEvent<"consensus_reached"> {
  const source = objectOf(result, "result");
  return validEvent(
    "consensus_reached",
    {
      proposalId: identifier(source, "proposalId"),
      actorDid: text(source, "signerDid"),
      decision: oneOf(CONSENSUS_DECISIONS, readField(source, "decision", "decision"), "decision"),
    },
    {
      reason: text(source, "reason"),
      approve_weight: weight(source, "approveWeight"),
      reject_weight: weight(source, "rejectWeight"),
      abstain_weight: weight(source, "abstainWeight"),
      total_weight: weight(source, "totalWeight"),
      vote_count: length(source, "includedVoteIds"),
    },
  );
}

/** Makes a `byzantine_detected` event of the evidence. Throws `invalid_entry`. */
export function byzantineDetected(evidence: ByzantineEvidence): ValidEvent<"byzantine_detected"> {
  const source = objectOf(evidence, "event");
  return validEvent(
    "byzantine_detected",
    {
      proposalId: identifier(source, "proposalId"),
      actorDid: identifier(source, "voterDid"),
    },
    {
      prior_decision: voteDecision(source, "priorDecision"),
      conflicting_decision: voteDecision(source, "conflictingDecision"),
    },
  );
}

/** Makes a `node_added` event of a node. Throws `invalid_entry`. */
export function nodeAdded(node: GovernanceNode): ValidEvent<"node_added"> {
  const source = objectOf(node, "node");
  return validEvent(
    "node_added",
    {
      actorDid: identifier(source, "did"),
    },
    { name: text(source, "name"), weight: weight(source, "weight") },
  );
}

/** Makes a `node_removed` event of a node. Throws `invalid_entry`. */
export function nodeRemoved(node: Pick<GovernanceNode, "did">): ValidEvent<"node_removed"> {
  return validEvent(
    "node_removed",
    {
      actorDid: identifier(objectOf(node, "node"), "did"),
    },
    {},
  );
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
  kinds: readonly string[],
): ValidEvent<Name> {
  const source = objectOf(grant, "grant");
  return validEvent(
    operation,
    {
      proposalId: identifier(source, "proposalId"),
      subjectId: identifier(source, "subjectId"),
      kind: oneOf(kinds, readField(source, "kind", "kind"), "kind"),
    },
    {},
  );
}

function identifier(source: object, key: string, field: string = key): string {
  const value = text(source, key, field);
  if (value === "") throw invalidEntry(field, "expected a string that is not empty");
  return value;
}

function text(source: object, key: string, field: string = key): string {
  return wellFormed(readField(source, key, field), field);
}

function voteDecision(source: object, key: string): string {
  return oneOf(VOTE_DECISIONS, readField(source, key, key), key);
}

function weight(source: object, key: string): number {
  const value = readField(source, key, key);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw invalidEntry(key, "expected a finite number that is not negative");
  return value === 0 ? 0 : value; // a line gives -0 back as 0
}

/** Checks even the length, since a Proxy can answer anything. */
function length(source: object, key: string): number {
  const value = readField(source, key, key);
  let found: unknown;
  try {
    if (Array.isArray(value)) found = value.length;
  } catch (cause) {
    throw invalidEntry(key, "reading it threw", cause);
  }
  if (!Number.isSafeInteger(found) || (found as number) < 0)
    throw invalidEntry(key, "expected an array");
  return found as number;
}
