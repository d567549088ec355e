import type { EntryOf } from "../entry/audit-entry.js";
import { type ValidEvent, validEvent } from "../entry/audit-event.js";
import { type Hold, Holds } from "../entry/holds.js";
import type { JsonValue } from "../entry/json.js";
import { readLine } from "../entry/line.js";
import { LOG_OPERATIONS } from "../entry/operations.js";
import {
  type HoldRelease,
  type HoldScope,
  type ValidHold,
  validHold,
  validRelease,
} from "../entry/retention.js";
import { formatTimestamp } from "../entry/timestamp.js";
import { nameOf } from "../entry/untrusted.js";
import { AuditError, invalidEntry, invalidOption } from "../errors.js";
import { type PlannedPruning, pruneMillis } from "../journal/entries/pruning.js";
import type { Journal } from "../journal/journal.js";
import { optional, type Readers, readOptions } from "../options.js";
import { parseQuery } from "../query/audit-query.js";
import type { GroupCommit } from "./group-commit.js";
import type { LogReader } from "./log-reader.js";

/** Options of `GovernanceAuditLog.prune`. */
export interface PruneOptions {
  /**
   * Entries that were recorded before this time are removed. It must be older than the journal's
   * `minimumRetentionDays`.
   */
  readonly olderThan: Date;
  /**
   * Why. It is recorded.
   *
   * @defaultValue none is recorded
   */
  readonly reason?: string | undefined;
  /**
   * DID of who prunes the log. It is recorded.
   *
   * @defaultValue none is recorded
   */
  readonly actorDid?: string | undefined;
}

/** What a pruning removed. */
export interface Pruning {
  /** How many entries were removed. */
  readonly pruned: number;
  /** The first sequence that was not pruned. */
  readonly prunedBefore: number;
  /** The entry that says so; absent if nothing was removed. */
  readonly entry?: EntryOf<"log_pruned">;
  /** The hold that kept entries which are old enough; absent if none did. */
  readonly heldBy?: Hold;
}

/** A pruning whose entry is not sealed yet. */
export interface DuePruning {
  readonly planned: PlannedPruning;
  /** What is to be sealed; undefined if nothing is to be removed. */
  readonly event: ValidEvent<"log_pruned"> | undefined;
  readonly heldBy: Hold | undefined;
}

/** What retention works with. */
export interface RetentionParts {
  readonly journal: Journal | undefined;
  readonly reader: LogReader;
  /** Undefined when each entry is committed at once. */
  readonly group: GroupCommit | undefined;
  /** Never throws. */
  readonly report: (error: AuditError) => void;
}

/** A call that records what is kept or removed. */
export type RetentionCall = "hold" | "release" | "prune";

/** Journals of which no log finishes a pruning when it opens them. */
const finishedLater = new WeakSet<Journal>();

/**
 * Keeps the next log over a journal from finishing an announced pruning when it opens it, so that a
 * hold can still keep what is there. A later start, or the next pruning, finishes it.
 */
export function finishLater(journal: Journal): void {
  finishedLater.add(journal);
}

const PRUNE_READERS: Readers<PruneOptions> = {
  olderThan: (value) => value as Date, // the journal knows the latest that it can be
  reason: optional(nameOf),
  actorDid: optional(nameOf),
};

/**
 * What a log keeps, and what it removes. Holds and prunings are entries of the log. A pruning is
 * sealed first and carried out then: if the process dies between, the next opening finishes it.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #holds = new Holds();
  /** The sequence up to which holds were looked for. */
  #soughtUntil = 0;
  /** The call that runs at the moment. */
  #running: RetentionCall | undefined;

  /** Of a log that is open. */
  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /**
   * The holds in force, as the lines of the entries say. The first call reads the whole journal,
   * later ones read what is new. Throws `journal_failed`, `closed`.
   */
  holds(): Holds {
    const { journal, reader } = this.#parts;
    if (journal === undefined) return this.#holds;
    for (const entry of reader.byLines("operation", LOG_OPERATIONS, this.#soughtUntil)) {
      this.#holds.add(entry);
      this.#soughtUntil = entry.sequence + 1;
    }
    this.#soughtUntil = Math.max(this.#soughtUntil, journal.length);
    return this.#holds;
  }

  /**
   * Runs a call, from its first check to the removal. Meanwhile, a hook or a mirror may call the
   * log again. A hold that was set during a pruning would come too late for it, and a pruning
   * during a hold could remove what the hold is about to keep.
   *
   * @throws `AuditError` `not_recorded` for a call during a pruning, and for a pruning during
   * another call. What `work` throws passes through.
   */
  run<T>(call: RetentionCall, work: () => T): T {
    const outer = this.#running;
    if (outer === "prune" || (outer !== undefined && call === "prune"))
      throw new AuditError(
        "not_recorded",
        `${call} was called while ${outer} was still running; nothing was recorded. Call ` +
          `${call} again after ${outer} has returned`,
      );
    this.#running = call;
    try {
      return work();
    } finally {
      this.#running = outer;
    }
  }

  /** What a hold records. Throws `invalid_entry`, `invalid_options`, `journal_failed`, `closed`. */
  holdSet(scope: HoldScope, reason: string): ValidEvent<"log_hold_set"> {
    const journal = this.#journal();
    const hold = validHold(scope, reason);
    return hold.event(this.#firstHeld(hold, journal));
  }

  /** What a release records. Throws as {@link Retention.holdSet}. */
  holdReleased(release: HoldRelease, reason: string): ValidEvent<"log_hold_released"> {
    this.#journal();
    const { holdId, event } = validRelease(release, reason);
    const set =
      this.holds().get(holdId) ??
      this.#parts.reader.byLines("operation", ["log_hold_set"]).find(({ id }) => id === holdId);
    if (set === undefined)
      throw invalidEntry("release.holdId", "the log has no hold with this id; see holds()");
    return event(set.proposalId);
  }

  /** Refuses to release what is not held any more. Throws `invalid_entry`. */
  assertInForce({ details }: ValidEvent<"log_hold_released">): void {
    const { hold_id: holdId } = details;
    if (this.holds().get(String(holdId)) === undefined)
      throw invalidEntry("release.holdId", "the hold was released before");
  }

  /**
   * What a pruning would remove, up to the first entry that is held. Removes nothing.
   *
   * @throws `AuditError` `invalid_options` when there is no journal, or it must keep entries for
   * longer; `journal_failed`, `closed`.
   */
  due(options: PruneOptions): DuePruning {
    const journal = this.#journal();
    const { olderThan, reason, actorDid } = readOptions(options, PRUNE_READERS);
    const olderThanMillis = pruneMillis(olderThan, journal.minimumRetentionDays);
    this.#parts.group?.commitNow();
    this.#finish(journal);
    const { first: hold } = this.holds();
    const heldFrom = hold?.heldFrom ?? Number.POSITIVE_INFINITY;
    const planned = journal.planPruning(olderThanMillis, heldFrom);
    const { first, end, isHeld } = planned;
    const heldBy = isHeld ? hold : undefined;
    if (end <= first) return { planned, event: undefined, heldBy };
    const details: Record<string, JsonValue> = {
      pruned_from: first,
      pruned_before: end,
      pruned_count: end - first,
      older_than: formatTimestamp(olderThanMillis),
      ...(reason !== undefined && { reason }),
    };
    return { planned, event: validEvent("log_pruned", { actorDid }, details), heldBy };
  }

  /**
   * Carries out a pruning.
   *
   * @param entry - The entry that says so; undefined if nothing is to be removed.
   * @throws `AuditError` `journal_failed`; what the entry says is then finished later.
   */
  carryOut({ planned, heldBy }: DuePruning, entry: EntryOf<"log_pruned"> | undefined): Pruning {
    const journal = this.#journal();
    if (entry !== undefined) {
      this.#parts.group?.commitNow();
      journal.prune(planned);
    }
    return {
      pruned: planned.end - planned.first,
      prunedBefore: journal.prunedBefore,
      ...(entry !== undefined && { entry }),
      ...(heldBy !== undefined && { heldBy }),
    };
  }

  /**
   * Finishes the pruning that an entry announced, if the process died before it was carried out.
   * Never throws: what keeps it from being finished is reported.
   */
  finishAnnounced(): void {
    const { journal, report } = this.#parts;
    if (journal === undefined || finishedLater.delete(journal)) return;
    try {
      this.#finish(journal);
    } catch (cause) {
      const message =
        `a pruning that the log announced is not finished: ${(cause as Error).message}. It is ` +
        "tried again by the next pruning, and at the next start";
      report(new AuditError("journal_failed", message, { cause }));
    }
  }

  #finish(journal: Journal): void {
    const all = { operation: "log_pruned", limit: Number.MAX_SAFE_INTEGER } as const;
    const [announced] = this.#parts.reader
      .select(parseQuery(all))
      .map((entry) => new Holds().add(entry))
      .filter((pruning) => pruning !== undefined)
      .sort((one, other) => other.before - one.before);
    if (announced === undefined || announced.before <= journal.prunedBefore) return;
    // a hold that was set since then keeps what is still there
    const heldFrom = this.holds().first?.heldFrom ?? Number.POSITIVE_INFINITY;
    const end = Math.min(announced.before, heldFrom);
    journal.prune(journal.planPruning(announced.olderThanMillis, end));
  }

  /** The first entry that a hold covers. Throws `invalid_entry` when it would cover none. */
  #firstHeld({ proposalId, heldBefore }: ValidHold, journal: Journal): number {
    const { reader } = this.#parts;
    if (heldBefore === undefined) {
      const [first] = reader.byLines("proposalId", [proposalId as string]);
      if (first !== undefined) return first.sequence;
      throw invalidEntry("hold.proposalId", "the log has no entry of this proposal");
    }
    const before = Date.parse(heldBefore);
    let isEmpty = true;
    // somebody may have changed the columns by which queries find a time
    for (const line of reader.lines()) {
      isEmpty = false;
      const read = readLine(line);
      if (
        read !== undefined &&
        [read.recordedAt, read.timestamp].some((at) => Date.parse(at) < before)
      )
        return read.sequence;
    }
    if (isEmpty) return journal.prunedBefore;
    throw invalidEntry("hold.before", "the log has no entry of before this time");
  }

  #journal(): Journal {
    const { journal } = this.#parts;
    if (journal !== undefined) return journal;
    throw invalidOption("journal", "a log in memory keeps no entry for long, and prunes none");
  }
}

/** What a journal says of holds and prunings, as the lines of its entries have it. */
export function retentionOf(journal: Journal): {
  readonly holds: Holds;
  /** How many prunings its entries announce. */
  readonly prunings: number;
} {
  const holds = new Holds();
  const entries = journal.byLines("operation", LOG_OPERATIONS);
  return { holds, prunings: entries.filter((entry) => holds.add(entry) !== undefined).length };
}
