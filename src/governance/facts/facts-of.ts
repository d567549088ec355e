import type { AuditEntry } from "../../entry/audit-entry.js";
import { OPERATIONS, type Operation } from "../../entry/operations.js";
import { rfc3339Millis } from "../../entry/timestamp.js";
import type { ActorType, CastVote, Creation, Effect, Flag, Result } from "./proposal-file.js";
import type { StandingEvent } from "./standing.js";

/*
 * What an entry says, as the rules read it. An entry of another system may lack any of it, or have
 * something else in its place. Then it counts as not said.
 */

type Details = Readonly<Record<string, unknown>>;

/** When an entry happened, in milliseconds since 1970. */
export function millisOf({ timestamp }: AuditEntry): number {
  return Date.parse(timestamp);
}

/** When it was recorded, in milliseconds since 1970. */
export function recordedMillisOf(entry: AuditEntry): number {
  return Date.parse(entry.recordedAt ?? entry.timestamp);
}

/** How a proposal began. */
export function creationOf(entry: AuditEntry): Creation {
  const details: Details = entry.details;
  return {
    sequence: entry.sequence,
    millis: timeIn(details, "created_at") ?? millisOf(entry),
    subjectId: entry.subjectId,
    kind: entry.kind,
    proposerDid: entry.actorDid,
    title: textIn(details, "title"),
    expiresMillis: timeIn(details, "expires_at"),
    threshold: numberIn(details, "threshold"),
  };
}

/**
 * A vote. An entry without a voter or a decision gives none.
 *
 * @param kept - Gives the one kept copy of a name.
 */
export function voteOf(entry: AuditEntry, kept: (name: string) => string): CastVote | undefined {
  const { sequence, actorDid: voter, decision } = entry;
  if (voter === undefined || decision === undefined) return undefined;
  const details: Details = entry.details;
  return {
    sequence,
    millis: timeIn(details, "cast_at") ?? millisOf(entry),
    voter: kept(voter),
    decision: kept(decision),
    voteId: textIn(details, "vote_id"),
    weight: numberIn(details, "weight"),
    actorType: actorTypeOf(entry),
    rationale: textIn(details, "rationale"),
  };
}

/** A result. */
export function resultOf(entry: AuditEntry): Result | undefined {
  const { sequence, actorDid: signerDid, decision } = entry;
  if (decision === undefined) return undefined;
  const details: Details = entry.details;
  const counted = details["included_vote_ids"];
  return {
    sequence,
    millis: timeIn(details, "decided_at") ?? millisOf(entry),
    signerDid,
    decision,
    reason: textIn(details, "reason"),
    approve: numberIn(details, "approve_weight"),
    reject: numberIn(details, "reject_weight"),
    abstain: numberIn(details, "abstain_weight"),
    total: numberIn(details, "total_weight"),
    voteCount: numberIn(details, "vote_count"),
    counted: Array.isArray(counted)
      ? counted.filter((id: unknown): id is string => typeof id === "string")
      : undefined,
    threshold: numberIn(details, "threshold"),
  };
}

/** A grant, a revocation, or a node that comes or goes. */
export function effectOf(entry: AuditEntry): Effect | undefined {
  const operation = OPERATIONS.find((known) => known === entry.operation);
  if (operation === undefined || !EFFECTS.has(operation)) return undefined;
  const isNode = operation === "node_added" || operation === "node_removed";
  return {
    sequence: entry.sequence,
    millis: millisOf(entry),
    operation,
    subjectId: isNode ? entry.actorDid : entry.subjectId,
    kind: entry.kind,
    enactedBy: isNode
      ? textIn(entry.details, operation === "node_added" ? "added_by" : "removed_by")
      : entry.actorDid,
    actorType: actorTypeOf(entry),
    reason: textIn(entry.details, "reason"),
  };
}

/** A voter who was caught. */
export function flagOf({ sequence, actorDid, details }: AuditEntry): Flag | undefined {
  if (actorDid === undefined) return undefined;
  return {
    sequence,
    voter: actorDid,
    prior: textIn(details, "prior_decision"),
    conflicting: textIn(details, "conflicting_decision"),
  };
}

/** Who stood behind the call. */
export function actorTypeOf({ details }: AuditEntry): ActorType | undefined {
  const type = (details as Details)["actor_type"];
  return type === "human" || type === "agent" || type === "service" ? type : undefined;
}

/** A grant or a revocation. An entry without a subject gives none. */
export function standingEventOf(entry: AuditEntry): StandingEvent | undefined {
  const { sequence, subjectId, kind, proposalId, details } = entry;
  if (subjectId === undefined) return undefined;
  return {
    sequence,
    millis: millisOf(entry),
    recordedMillis: recordedMillisOf(entry),
    isGrant: entry.operation === "authorization_granted",
    subjectId,
    kind,
    proposalId,
    enactedBy: entry.actorDid,
    actorType: actorTypeOf(entry),
    reason: textIn(details, "reason"),
    validUntilMillis: timeIn(details, "valid_until"),
  };
}

/** The name of a node. */
export function nodeNameIn({ details }: AuditEntry): string | undefined {
  return textIn(details, "name");
}

/** The weight of a node. */
export function weightIn({ details }: AuditEntry): number | undefined {
  return numberIn(details, "weight");
}

function textIn(details: Details, key: string): string | undefined {
  const value = details[key];
  return typeof value === "string" ? value : undefined;
}

function numberIn(details: Details, key: string): number | undefined {
  const value = details[key];
  return typeof value === "number" ? value : undefined;
}

function timeIn(details: Details, key: string): number | undefined {
  const text = textIn(details, key);
  if (text === undefined) return undefined;
  return rfc3339Millis(text);
}

const EFFECTS: ReadonlySet<Operation> = new Set<Operation>([
  "authorization_granted",
  "authorization_revoked",
  "node_added",
  "node_removed",
]);
