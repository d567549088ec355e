import type { AuditEntry } from "../../entry/audit-entry.js";
import { isObject } from "../../entry/json.js";
import { parseTimestamp, rfc3339Millis } from "../../entry/timestamp.js";
import { AuditError } from "../../errors.js";
import type {
  ActorType,
  CastVote,
  Creation,
  EntryTimes,
  Flag,
  NodeEffect,
  Result,
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
  assertTime("timestamp", entry.timestamp);
  if (entry.recordedAt !== undefined) assertTime("recordedAt", entry.recordedAt);
}

function assertText(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") throw invalidEvidence(field, NO_TEXT);
}

function assertTime(field: string, value: unknown): void {
  if (typeof value !== "string" || Number.isNaN(parseTimestamp(value)))
    throw invalidEvidence(field, "expected a time");
}

const NO_TEXT = "expected a text";

function invalidEvidence(field: string, reason: string): AuditError {
  return new AuditError("invalid_evidence", `${field}: ${reason}`, { field });
}

/** When an entry happened, in milliseconds since 1970. */
export function millisOf({ timestamp }: AuditEntry): number {
  return parseTimestamp(timestamp);
}

/** When it was recorded, in milliseconds since 1970. */
export function recordedMillisOf(entry: AuditEntry): number {
  return entry.recordedAt === undefined ? millisOf(entry) : parseTimestamp(entry.recordedAt);
}

/** Whether an entry says that it was imported from another log. */
export function isImported({ details }: AuditEntry): boolean {
  return Object.hasOwn(details, "imported_log");
}

/** The time that the details of an entry give for what it records, if any. */
export function claimedMillisOf({ operation, details }: AuditEntry): number | undefined {
  switch (operation as string) {
    case "proposal_created":
      return timeIn(details, "created_at");
    case "vote_cast":
      return timeIn(details, "cast_at");
    case "consensus_reached":
      return timeIn(details, "decided_at");
    default:
      return undefined;
  }
}

function timesOf(entry: AuditEntry, millis: number, recordedMillis: number): EntryTimes {
  const claimed = claimedMillisOf(entry) ?? millis;
  return {
    millis,
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
  const expiresMillis = endIn(details, "expires_at");
  return {
    ...timesOf(entry, millis, recordedMillis),
    sequence: entry.sequence,
    subjectId: kept(entry.subjectId),
    kind: kept(entry.kind),
    proposerDid: kept(entry.actorDid),
    title: textIn(details, "title"),
    expiresMillis,
    isHistory: expiresMillis !== undefined && recordedMillis > expiresMillis && isImported(entry),
    threshold: numberIn(details, "threshold"),
  };
}

/** A vote. An entry without a voter or a decision gives none. */
export function voteOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
): CastVote | undefined {
  const { sequence, actorDid: voter, decision } = entry;
  if (voter === undefined || decision === undefined) return undefined;
  const details: Details = entry.details;
  return {
    ...timesOf(entry, millis, recordedMillis),
    sequence,
    voter,
    decision,
    voteId: textIn(details, "vote_id"),
    weight: numberIn(details, "weight"),
    actorType: actorTypeOf(entry),
    onBehalfOf: textIn(entry.details, "on_behalf_of"),
    rationale: textIn(details, "rationale"),
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
    ...timesOf(entry, millis, recordedMillis),
    sequence,
    signerDid: kept(actorDid),
    actorType: actorTypeOf(entry),
    onBehalfOf: textIn(details, "on_behalf_of"),
    decision: kept(decision),
    reason: textIn(details, "reason"),
    approve: numberIn(details, "approve_weight"),
    reject: numberIn(details, "reject_weight"),
    abstain: numberIn(details, "abstain_weight"),
    total: numberIn(details, "total_weight"),
    voteCount: numberIn(details, "vote_count"),
    counted: isTexts(counted) ? counted : undefined,
    threshold: numberIn(details, "threshold"),
  };
}

/** A node that comes or goes. An entry without its name gives none. */
export function nodeOf(entry: AuditEntry, millis: number, kept: Keeper): NodeEffect | undefined {
  const { sequence, kind, actorDid, details } = entry;
  if (actorDid === undefined) return undefined;
  const isAdded = (entry.operation as string) === "node_added";
  return {
    sequence,
    millis,
    operation: isAdded ? "node_added" : "node_removed",
    subjectId: kept(actorDid),
    kind: kept(kind),
    enactedBy: kept(textIn(details, isAdded ? "added_by" : "removed_by")),
    actorType: actorTypeOf(entry),
    onBehalfOf: textIn(entry.details, "on_behalf_of"),
    reason: textIn(details, "reason"),
  };
}

/** A grant or a revocation. An entry without a subject gives none. */
export function standingEventOf(
  entry: AuditEntry,
  millis: number,
  recordedMillis: number,
  kept: Keeper,
): StandingEvent | undefined {
  const { sequence, subjectId, kind, proposalId, actorDid, details } = entry;
  if (subjectId === undefined) return undefined;
  const isGrant = (entry.operation as string) === "authorization_granted";
  return {
    ...timesOf(entry, millis, isImported(entry) ? millis : recordedMillis),
    sequence,
    operation: isGrant ? "authorization_granted" : "authorization_revoked",
    subjectId: kept(subjectId),
    kind: kept(kind),
    proposalId,
    enactedBy: kept(actorDid),
    actorType: actorTypeOf(entry),
    onBehalfOf: textIn(entry.details, "on_behalf_of"),
    reason: textIn(details, "reason"),
    validUntilMillis: endIn(details, "valid_until"),
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

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function numberIn(details: Details, key: string): number | undefined {
  const value = details[key];
  return typeof value === "number" ? value : undefined;
}

/** An end that is recorded and is no time is NaN: it must not count as no end. */
function endIn(details: Details, key: string): number | undefined {
  const value = details[key];
  return value === undefined || value === null ? undefined : (timeIn(details, key) ?? Number.NaN);
}

function timeIn(details: Details, key: string): number | undefined {
  const text = textIn(details, key);
  if (text === undefined) return undefined;
  return rfc3339Millis(text);
}
