import { invalidEntry } from "../errors.js";
import { OPERATION_DETAILS } from "../semconv.js";
import { type ValidEvent, validEvent } from "./audit-event.js";
import type { ColumnName } from "./columns.js";
import { addGiven, GIVEN_DETAILS } from "./details.js";
import type { JsonValue } from "./json.js";
import { isLogOperation } from "./operations.js";
import { nameOf, objectOf, readField, refuseUnknownKeys } from "./untrusted.js";

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
