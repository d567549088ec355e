import type { AuditEntry } from "../../entry/audit-entry.js";
import { isObject } from "../../entry/json.js";
import { parseTimestamp, rfc3339Millis } from "../../entry/timestamp.js";
import { AuditError } from "../../errors.js";
import type {
  ActorType,
  CastVote,
  Creation,
  Flag,
  NodeEffect,
  Result,
  TimeSpan,
} from "./proposal-facts.js";
import type { StandingEvent } from "./standing-facts.js";

/*
 * What an entry says, as the rules read it. An entry of another system may lack any of it, or have
 * something else in its place. Then it counts as not said.
 */

type Details = Readonly<Record<string, unknown>>;

/** Gives the one kept copy of a name. */
export type Keeper = <Name extends string | undefined>(name: Name) => Name;

/**
 * Checks that a value can be folded: arrays and readers of an app may give anything. Throws
 * `AuditError` `invalid_evidence`; `field` is what is wrong.
 */
export function assertEntry(entry: AuditEntry): void {
  if (!isObject(entry)) throw invalidEvidence("entries", "expected an entry");
  if (typeof entry.operation !== "string") throw invalidEvidence("operation", NO_TEXT);
  if (!isObject(entry.details)) throw invalidEvidence("details", "expected an object");
  // member by member: it takes half the time of a loop over their names (measured)
  assertText("proposalId", entry.proposalId);
  assertText("subjectId", entry.subjectId);
  assertText("kind", entry.kind);
  assertText("actorDid", entry.actorDid);
  assertText("decision", entry.decision);
}

function assertText(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") throw invalidEvidence(field, NO_TEXT);
}

const NO_TEXT = "expected a text";

function invalidEvidence(field: string, reason: string): AuditError {
  return new AuditError("invalid_evidence", `${field}: ${reason}`, { field });
}

/**
 * When an entry happened, in milliseconds since 1970. Throws `AuditError` `invalid_evidence` for
 * what is no time, here and below.
 */
export function millisOf({ timestamp }: AuditEntry): number {
  return entryMillis("timestamp", timestamp);
}

/** When it was recorded, in milliseconds since 1970. */
export function recordedMillisOf({ timestamp, recordedAt }: AuditEntry): number {
  return recordedAt === undefined
    ? entryMillis("timestamp", timestamp)
    : entryMillis("recordedAt", recordedAt);
}

function entryMillis(field: string, value: unknown): number {
  const millis = typeof value === "string" ? parseTimestamp(value) : Number.NaN;
  if (Number.isNaN(millis)) throw invalidEvidence(field, "expected a time");
  return millis;
}

/** Whether an entry says that it was imported from another log. */
export function isImported({ details }: AuditEntry): boolean {
  return Object.hasOwn(details, "imported_log");
}

/** The time that the details of an entry give for what it records, if any. */
export function claimedMillisOf(entry: AuditEntry): number | undefined {
  const details: Details = entry.details;
  switch (entry.operation as string) {
    case "proposal_created":
      return timeOf(details["created_at"]);
    case "vote_cast":
      return timeOf(details["cast_at"]);
    case "consensus_reached":
      return timeOf(details["decided_at"]);
    default:
      return undefined;
  }
}

function spanOf(entry: AuditEntry, millis: number, recordedMillis: number): TimeSpan | undefined {
  const claimed = claimedMillisOf(entry) ?? millis;
  if (claimed === millis && recordedMillis === millis) return undefined;
  return {
    earliestMillis: Math.min(millis, claimed, recordedMillis),
    latestMillis: Math.max(millis, claimed, recordedMillis),
  };
}

/**
 * How a proposal began.
 *
 * @param millis - When the entry happened, here and below.
 * @param recordedMillis - When it was recorded, here and below.
 * @param kept - Gives the one kept copy of a name, here and below.
 */
export function creationOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
  kept: Keeper,
): Creation {
  const details: Details = entry.details;
  const expiresMillis = endOf(details["expires_at"]);
  return {
    sequence: entry.sequence,
    millis,
    span: spanOf(entry, millis, recordedMillis),
    subjectId: kept(entry.subjectId),
    kind: kept(entry.kind),
    proposerDid: kept(entry.actorDid),
    title: textOf(details["title"]),
    expiresMillis,
    isHistory: expiresMillis !== undefined && recordedMillis > expiresMillis && isImported(entry),
    threshold: numberOf(details["threshold"]),
  };
}

/**
 * A vote. An entry without a voter or a decision gives none.
 *
 * @param isDelegate - Whether a voter has a delegation in force when this entry comes.
 */
export function voteOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
  isDelegate: (voter: string) => boolean,
): CastVote | undefined {
  const { sequence, actorDid: voter, decision } = entry;
  if (voter === undefined || decision === undefined) return undefined;
  const details: Details = entry.details;
  return {
    sequence,
    millis,
    span: spanOf(entry, millis, recordedMillis),
    voter,
    decision,
    voteId: textOf(details["vote_id"]),
    weight: numberOf(details["weight"]),
    hasDelegation: isDelegate(voter),
    actorType: actorTypeOf(entry),
    onBehalfOf: textOf(details["on_behalf_of"]),
    rationale: textOf(details["rationale"]),
  };
}

/** A result. */
export function resultOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
  kept: Keeper,
): Result | undefined {
  const { sequence, actorDid, decision } = entry;
  if (decision === undefined) return undefined;
  const details: Details = entry.details;
  const counted = details["included_vote_ids"];
  return {
    sequence,
    millis,
    span: spanOf(entry, millis, recordedMillis),
    signerDid: kept(actorDid),
    actorType: actorTypeOf(entry),
    onBehalfOf: textOf(details["on_behalf_of"]),
    decision: kept(decision),
    reason: textOf(details["reason"]),
    approve: numberOf(details["approve_weight"]),
    reject: numberOf(details["reject_weight"]),
    abstain: numberOf(details["abstain_weight"]),
    total: numberOf(details["total_weight"]),
    voteCount: numberOf(details["vote_count"]),
    counted: isTexts(counted) ? counted : undefined,
    threshold: numberOf(details["threshold"]),
  };
}

/** A node that comes or goes. An entry without its name gives none. */
export function nodeOf(entry: AuditEntry, millis: number, kept: Keeper): NodeEffect | undefined {
  const { sequence, kind, actorDid } = entry;
  const details: Details = entry.details;
  if (actorDid === undefined) return undefined;
  const isAdded = (entry.operation as string) === "node_added";
  return {
    sequence,
    millis,
    operation: isAdded ? "node_added" : "node_removed",
    subjectId: kept(actorDid),
    kind: kept(kind),
    enactedBy: kept(textOf(isAdded ? details["added_by"] : details["removed_by"])),
    actorType: actorTypeOf(entry),
    onBehalfOf: textOf(details["on_behalf_of"]),
    reason: textOf(details["reason"]),
  };
}

/** A grant or a revocation. An entry without a subject gives none. */
export function standingEventOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
  kept: Keeper,
): StandingEvent | undefined {
  const { sequence, subjectId, kind, proposalId, actorDid } = entry;
  const details: Details = entry.details;
  if (subjectId === undefined) return undefined;
  const isGrant = (entry.operation as string) === "authorization_granted";
  return {
    sequence,
    millis,
    span: spanOf(entry, millis, isImported(entry) ? millis : recordedMillis),
    operation: isGrant ? "authorization_granted" : "authorization_revoked",
    subjectId: kept(subjectId),
    kind: kept(kind),
    proposalId,
    enactedBy: kept(actorDid),
    actorType: actorTypeOf(entry),
    onBehalfOf: textOf(details["on_behalf_of"]),
    reason: textOf(details["reason"]),
    validUntilMillis: endOf(details["valid_until"]),
  };
}

/** A voter who was caught. */
export function flagOf(entry: AuditEntry): Flag | undefined {
  const { sequence, actorDid } = entry;
  const details: Details = entry.details;
  if (actorDid === undefined) return undefined;
  return {
    sequence,
    voter: actorDid,
    prior: textOf(details["prior_decision"]),
    conflicting: textOf(details["conflicting_decision"]),
  };
}

/** Who stood behind the call. */
export function actorTypeOf({ details }: AuditEntry): ActorType | undefined {
  const type = (details as Details)["actor_type"];
  return type === "human" || type === "agent" || type === "service" ? type : undefined;
}

/** The name of a node. */
export function nodeNameIn({ details }: AuditEntry): string | undefined {
  return textOf((details as Details)["name"]);
}

/**
 * The weight of a node. Another system may have written a negative one: nobody knows its weight.
 */
export function weightIn({ details }: AuditEntry): number | undefined {
  const weight = numberOf((details as Details)["weight"]);
  return weight === undefined || weight < 0 ? undefined : weight;
}

/*
 * The callers read the members of details, each by its own name: where one function reads a member
 * by a name that it is given, a vote takes a tenth more time (measured).
 */

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function numberOf(value: unknown): number | undefined {
  return Number.isFinite(value) ? (value as number) : undefined;
}

/** An end that is recorded and is no time is NaN: it must not count as no end. */
function endOf(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : (timeOf(value) ?? Number.NaN);
}

function timeOf(value: unknown): number | undefined {
  return typeof value === "string" ? rfc3339Millis(value) : undefined;
}
