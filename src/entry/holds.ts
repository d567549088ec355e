import type { JsonObject, JsonValue } from "./json.js";
import { rfc3339Millis } from "./timestamp.js";

/*
 * What a log recorded about what it keeps: legal holds, their releases, and prunings. All that
 * counts is in these entries, so that a restart or an auditor finds out the same as the log.
 */

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
