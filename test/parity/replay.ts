import { expect } from "vitest";
import {
  type AuditEntry,
  type AuditQuery,
  GovernanceAuditLog,
  type JsonObject,
  type ProposalKind,
  type VoteDecision,
} from "../../src/index.js";

/** An entry in the form of the reference implementation. */
interface Row {
  readonly timestamp: string;
  readonly operation: string;
  readonly proposal_id: string | null;
  readonly subject_id: string | null;
  readonly kind: string | null;
  readonly actor_did: string | null;
  readonly decision: string | null;
  readonly details: JsonObject;
}

interface Grant {
  readonly subject_id: string;
  readonly kind: ProposalKind;
  readonly proposal_id: string;
}

/** The arguments of each recorded call, by its name. */
interface Calls {
  readonly log_proposal_created: Grant & { readonly proposer_did: string; readonly title: string };
  readonly log_vote_cast: {
    readonly vote_id: string;
    readonly proposal_id: string;
    readonly voter_did: string;
    readonly decision: VoteDecision;
  };
  readonly log_consensus_reached: {
    readonly proposal_id: string;
    readonly decision: "passed" | "rejected";
    readonly reason: string;
    readonly approve_weight: number;
    readonly reject_weight: number;
    readonly abstain_weight: number;
    readonly total_weight: number;
    readonly included_vote_ids: readonly string[];
    readonly signer_did: string;
  };
  readonly log_byzantine_detected: {
    readonly voter_did: string;
    readonly proposal_id: string;
    readonly prior: VoteDecision;
    readonly now: VoteDecision;
  };
  readonly log_node_added: { readonly did: string; readonly name: string; readonly weight: number };
  readonly log_node_removed: { readonly did: string };
  readonly log_authorization_granted: Grant;
  readonly log_authorization_revoked: Grant;
  readonly log: Row;
}

type Call = {
  [Name in keyof Calls]: { call: Name; args: Calls[Name]; timestamp: string };
}[keyof Calls];

type Step = Call | { readonly call: "clear" };

/** A recorded run: what was called, and what the reference implementation answered. */
export interface RecordedRun {
  readonly max_entries: number;
  readonly steps: readonly Step[];
  readonly length: number;
  readonly queries: readonly {
    readonly args: {
      readonly limit?: number;
      readonly operation?: string;
      readonly proposal_id?: string;
      readonly actor_did?: string;
    };
    readonly expect: readonly Row[];
  }[];
  readonly export_json: string;
}

/** Replays a recorded run and compares every answer. */
export function replay(run: RecordedRun): void {
  let now = 0;
  const audit = new GovernanceAuditLog({ maxEntries: run.max_entries, clock: () => new Date(now) });
  let logged = 0;
  for (const step of run.steps) {
    if (step.call === "clear") {
      audit.clear();
      expect(audit.length).toBe(0);
      continue;
    }
    now = Date.parse(step.timestamp);
    expect(called(audit, step).sequence).toBe(logged++); // clear() does not reset it
  }
  expect(audit.length).toBe(run.length);
  expect(audit.ledger().accepted).toBe(logged);
  for (const { args, expect: rows } of run.queries) {
    const query: AuditQuery = {
      limit: args.limit,
      operation: args.operation,
      proposalId: args.proposal_id,
      actorDid: args.actor_did,
    };
    // a limit of 0 returned everything in the reference implementation, and returns nothing here
    const wanted = args.limit === 0 ? [] : rows;
    expect(audit.entries(query).map(rowOf)).toEqual(wanted.map(inOurTime));
  }
  expect(JSON.parse(audit.exportJson())).toEqual(JSON.parse(run.export_json).map(inOurTime));
}

function called(audit: GovernanceAuditLog, step: Call): AuditEntry {
  switch (step.call) {
    case "log_proposal_created": {
      const { proposal_id, subject_id, kind, proposer_did, title } = step.args;
      return audit.logProposalCreated({
        proposalId: proposal_id,
        subjectId: subject_id,
        kind,
        proposerDid: proposer_did,
        title,
      });
    }
    case "log_vote_cast": {
      const { vote_id, proposal_id, voter_did, decision } = step.args;
      return audit.logVoteCast({
        vote: { voteId: vote_id, proposalId: proposal_id, voterDid: voter_did, decision },
      });
    }
    case "log_consensus_reached": {
      const { args } = step;
      return audit.logConsensusReached({
        proposalId: args.proposal_id,
        signerDid: args.signer_did,
        decision: args.decision,
        reason: args.reason,
        approveWeight: args.approve_weight,
        rejectWeight: args.reject_weight,
        abstainWeight: args.abstain_weight,
        totalWeight: args.total_weight,
        includedVoteIds: args.included_vote_ids,
      });
    }
    case "log_byzantine_detected": {
      const { voter_did, proposal_id, prior, now } = step.args;
      return audit.logByzantineDetected({
        voterDid: voter_did,
        proposalId: proposal_id,
        priorDecision: prior,
        conflictingDecision: now,
      });
    }
    case "log_node_added":
      return audit.logNodeAdded(step.args);
    case "log_node_removed":
      return audit.logNodeRemoved(step.args);
    case "log_authorization_granted":
      return audit.logAuthorizationGranted(grantOf(step.args));
    case "log_authorization_revoked":
      return audit.logAuthorizationRevoked(grantOf(step.args));
    case "log": {
      const { args } = step;
      // the nulls of the recorded events are passed on as they are
      return audit.log({
        operation: args.operation,
        proposalId: args.proposal_id as string,
        subjectId: args.subject_id as string,
        kind: args.kind as string,
        actorDid: args.actor_did as string,
        decision: args.decision as string,
        details: args.details,
        timestamp: new Date(args.timestamp),
      });
    }
  }
}

function grantOf({ subject_id, kind, proposal_id }: Grant) {
  return { subjectId: subject_id, kind, proposalId: proposal_id };
}

/** What is absent here is null in the reference implementation. */
function rowOf(entry: AuditEntry): Row {
  return {
    timestamp: entry.timestamp,
    operation: entry.operation,
    proposal_id: entry.proposalId ?? null,
    subject_id: entry.subjectId ?? null,
    kind: entry.kind ?? null,
    actor_did: entry.actorDid ?? null,
    decision: entry.decision ?? null,
    details: entry.details,
  };
}

/** The same instant in our format. */
function inOurTime(row: Row): Row {
  return { ...row, timestamp: new Date(row.timestamp).toISOString() };
}
