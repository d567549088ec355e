import { invalidEntry } from "../errors.js";
import { OPERATION_DETAILS } from "../semconv.js";
import { type ValidEvent, validEvent } from "./audit-event.js";
import type { ColumnName } from "./columns.js";
import { addGiven, GIVEN_DETAILS } from "./details.js";
import type { JsonObject, JsonValue } from "./json.js";
import { isLogOperation } from "./operations.js";
import { rfc3339Millis } from "./timestamp.js";
import { nameOf, objectOf, readField, refuseUnknownKeys } from "./untrusted.js";

/*
 * What a log records about what it keeps: a legal hold, its release, and a pruning. All that counts
 * is in these entries, so that a restart or an auditor finds out the same as the log.
 */

/** What a legal hold covers: all entries of a proposal, or all of before a time. */
export type HoldScope = (
  | {
      /** The proposal whose entries are held, those that are still to come too. */
      readonly proposalId: string;
      readonly before?: undefined;
    }
  | {
      /** What happened or was recorded before this time is held. It may lie in the future. */
      readonly before: Date;
      readonly proposalId?: undefined;
    }
) & {
  /** DID of who sets the hold. */
  readonly actorDid?: string | undefined;
};

/** Which hold to release. */
export interface HoldRelease {
  /** The id of the entry that set the hold. */
  readonly holdId: string;
  /** DID of who releases the hold. */
  readonly actorDid?: string | undefined;
}

/** A legal hold that is in force. */
export interface Hold {
  /** The id of the entry that set it. */
  readonly id: string;
  /** The sequence of that entry. */
  readonly sequence: number;
  /** The sequence of the first entry that it holds. Pruning stops before it. */
  readonly heldFrom: number;
  /** The proposal that is held; absent if a time is. */
  readonly proposalId?: string;
  /** What is held is from before this time (RFC 3339, UTC); absent if a proposal is held. */
  readonly heldBefore?: string;
  /** Why. Absent if the hook `redact` removed it. */
  readonly reason?: string;
  /** When it was set: RFC 3339, UTC, milliseconds. */
  readonly since: string;
  /** Who set it. */
  readonly actorDid?: string;
}

/** A pruning that an entry announces. */
export interface AnnouncedPruning {
  /** The sequence of that entry. */
  readonly sequence: number;
  /** The sequence of the first entry that is removed. */
  readonly from: number;
  /** The sequence of the first entry that is left. */
  readonly before: number;
  /** The entries were recorded before this time, in milliseconds since 1970. */
  readonly olderThanMillis: number;
}

/** What an entry must have, to be read as one of these. Of evidence, it may be anything. */
export interface RetentionEntry {
  readonly operation: string;
  readonly id: string;
  readonly sequence: number;
  readonly timestamp: string;
  readonly proposalId?: string | undefined;
  readonly actorDid?: string | undefined;
  readonly details: JsonObject;
}

/**
 * Follows the holds of a log. Entries come in the order of their sequences. An entry that is not as
 * a log records it, such as one of an app's own from before the names were reserved, changes
 * nothing.
 */
export class Holds {
  readonly #inForce = new Map<string, Hold>();

  /** Takes an entry. Answers the pruning that it announces, if it does. */
  add(entry: RetentionEntry): AnnouncedPruning | undefined {
    if (entry.operation === "log_pruned") return announced(entry);
    if (entry.operation === "log_hold_set") {
      const hold = holdOf(entry);
      if (hold !== undefined) this.#inForce.set(hold.id, hold);
    } else if (entry.operation === "log_hold_released") {
      const { hold_id: holdId } = entry.details;
      if (typeof holdId === "string") this.#inForce.delete(holdId);
    }
    return undefined;
  }

  /** The holds in force, oldest first. */
  get inForce(): readonly Hold[] {
    return [...this.#inForce.values()];
  }

  /** A hold that is in force. */
  get(id: string): Hold | undefined {
    return this.#inForce.get(id);
  }

  /** The hold in force that stops pruning first. */
  get first(): Hold | undefined {
    let first: Hold | undefined;
    for (const hold of this.#inForce.values())
      if (first === undefined || hold.heldFrom < first.heldFrom) first = hold;
    return first;
  }
}

function holdOf(entry: RetentionEntry): Hold | undefined {
  const { id, sequence, proposalId, actorDid, timestamp: since, details } = entry;
  const { held_from: from, held_before: heldBefore, reason } = details;
  if (!isSequence(from)) return undefined;
  return {
    id,
    sequence,
    // never after the entry itself: pruning stops before it, whatever it says
    heldFrom: Math.min(from, sequence),
    ...(proposalId !== undefined && { proposalId }),
    ...(typeof heldBefore === "string" && { heldBefore }),
    ...(typeof reason === "string" && { reason }),
    since,
    ...(actorDid !== undefined && { actorDid }),
  };
}

function announced({ sequence, details }: RetentionEntry): AnnouncedPruning | undefined {
  const { pruned_from: from, pruned_before: before, older_than: olderThan } = details;
  const olderThanMillis = typeof olderThan === "string" ? rfc3339Millis(olderThan) : undefined;
  if (!isSequence(from) || !isSequence(before) || olderThanMillis === undefined) return undefined;
  // an entry cannot announce that it was removed itself
  return before <= sequence && from < before
    ? { sequence, from, before, olderThanMillis }
    : undefined;
}

function isSequence(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a caller asks to hold, checked. */
export interface ValidHold {
  readonly proposalId: string | undefined;
  /** What is held is from before this time: RFC 3339, UTC. */
  readonly heldBefore: string | undefined;
  /** Makes the event, once it is known from which sequence on entries are held. */
  readonly event: (heldFrom: number) => ValidEvent<"log_hold_set">;
}

const SCOPE_KEYS: ReadonlySet<string> = new Set(["proposalId", "before", "actorDid"]);
const RELEASE_KEYS: ReadonlySet<string> = new Set(["holdId", "actorDid"]);

/** Reads what is to be held, and why. Throws `invalid_entry`. */
export function validHold(scope: HoldScope, reason: string): ValidHold {
  const source = objectOf(scope, "hold");
  refuseUnknownKeys(source, SCOPE_KEYS, "hold");
  const proposalId = optionalName(source, "proposalId", "hold.proposalId");
  const actorDid = optionalName(source, "actorDid", "hold.actorDid");
  const given: Record<string, JsonValue> = {};
  addGiven(given, source, GIVEN_DETAILS.log_hold_set, "hold.");
  const heldBefore = given["held_before"] as string | undefined;
  if ((proposalId === undefined) === (heldBefore === undefined))
    throw invalidEntry("hold", "expected either proposalId or before");
  const why = nameOf(reason, "reason");
  const event = (heldFrom: number): ValidEvent<"log_hold_set"> => {
    const details: Record<string, JsonValue> = { reason: why, held_from: heldFrom, ...given };
    return validEvent("log_hold_set", { proposalId, actorDid }, details);
  };
  return { proposalId, heldBefore, event };
}

/** Reads which hold is to be released, and why. Throws `invalid_entry`. */
export function validRelease(
  release: HoldRelease,
  reason: string,
): {
  readonly holdId: string;
  /** Makes the event, once it is known which proposal was held. */
  readonly event: (proposalId: string | undefined) => ValidEvent<"log_hold_released">;
} {
  const source = objectOf(release, "release");
  refuseUnknownKeys(source, RELEASE_KEYS, "release");
  const holdId = nameOf(readField(source, "holdId", "release.holdId"), "release.holdId");
  const actorDid = optionalName(source, "actorDid", "release.actorDid");
  const details = { hold_id: holdId, reason: nameOf(reason, "reason") };
  const event = (proposalId: string | undefined): ValidEvent<"log_hold_released"> =>
    validEvent("log_hold_released", { proposalId, actorDid }, { ...details });
  return { holdId, event };
}

/**
 * Puts back what a hold, a release or a pruning says of entries, after the hook `redact` answered:
 * what is held must not depend on the hook. It may change the texts and what else was told.
 */
export function withRetention(redacted: ValidEvent, event: ValidEvent): ValidEvent {
  if (!isLogOperation(event.operation)) return redacted;
  const { proposalId } = event;
  const columns: Record<ColumnName, string | undefined> = { ...redacted, proposalId };
  const details: Record<string, JsonValue> = { ...redacted.details };
  for (const [key, { type }] of Object.entries(OPERATION_DETAILS[event.operation])) {
    const value = event.details[key];
    if (type !== "text" && value !== undefined) details[key] = value;
  }
  return validEvent(event.operation, columns, details, redacted.timestampMillis);
}

function optionalName(source: object, key: string, field: string): string | undefined {
  const value = readField(source, key, field) ?? undefined;
  return value === undefined ? undefined : nameOf(value, field);
}
