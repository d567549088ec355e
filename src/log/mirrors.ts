import type { Context } from "@opentelemetry/api";
import { type AuditMirror, isReliable, type ReliableMirror } from "../delivery/audit-mirror.js";
import { withDeadline } from "../delivery/flush.js";
import type { MirrorLedger } from "../delivery/ledger.js";
import type { AuditEntry } from "../entry/audit-entry.js";
import { AuditError, invalidOption } from "../errors.js";
import type { ReadWriteLogRecord } from "../record/log-record.js";

/**
 * How long a chain of records may be in which each answers the one before. Without this limit, a
 * mirror that logs for every record that it is handed would never stop.
 */
export const MAX_GENERATIONS = 8;

/** How much longer than its deadline a mirror with `reportTo` may take to report its losses. */
const GRACE_MILLIS = 1000;

/** Mirrors that some log owns. A second owner would lose the mirror when the first shuts down. */
const owned = new WeakSet<AuditMirror>();

interface Owned {
  readonly mirror: AuditMirror;
  /** The same mirror, if it is reliable. */
  readonly reliable: ReliableMirror | undefined;
  /** How many committed records it was not handed yet. They will need room in it. */
  owed: number;
}

/** A sealed record on its way to the mirrors. */
export interface Handover {
  readonly record: ReadWriteLogRecord;
  readonly context: Context | undefined;
  /** Its place in a chain of answers, from 1. */
  readonly generation: number;
}

/**
 * The mirrors of one log. Each sealed record is handed to all of them, in the order of sequence. An
 * error of one mirror is reported and does not affect the others. A record that a mirror logs
 * itself waits until all mirrors have seen the present one.
 */
export class Mirrors {
  readonly #mirrors: readonly Owned[];
  readonly #report: (error: AuditError) => void;
  readonly #waiting: Handover[] = [];
  /** The generation of the record that is being handed on; 0 when none is. */
  #generation = 0;

  /** Takes ownership of the mirrors. Throws `invalid_options` if another log owns one of them. */
  constructor(mirrors: readonly AuditMirror[], report: (error: AuditError) => void) {
    for (const [index, mirror] of mirrors.entries()) {
      if (owned.has(mirror))
        throw invalidOption(`mirrors[${index}]`, "another log owns this mirror");
      owned.add(mirror);
    }
    this.#mirrors = mirrors.map((mirror) => ({
      mirror,
      reliable: isReliable(mirror) ? mirror : undefined,
      owed: 0,
    }));
    this.#report = report;
    for (const mirror of mirrors) mirror.reportTo?.(report);
  }

  /** Gives what the journal holds to each mirror that takes it. Never throws. */
  useHistory(entries: () => Iterable<AuditEntry>): void {
    for (const { mirror } of this.#mirrors) {
      try {
        mirror.useHistory?.(entries());
      } catch (cause) {
        const message = `${describe(mirror)} threw on the entries of the journal`;
        this.#report(new AuditError("delivery_failed", message, { cause }));
      }
    }
  }

  /**
   * The first step of a commit: returns if one more record may be recorded.
   *
   * @throws {@link AuditError} `not_recorded` when a chain of answers is too long;
   * `delivery_failed` when a mirror that fails closed is full.
   */
  checkRoom(): void {
    if (this.#generation > MAX_GENERATIONS)
      throw new AuditError(
        "not_recorded",
        `mirrors answered each other's records ${MAX_GENERATIONS} times in a row; ` +
          "nothing was recorded. A mirror must not log a record for each record that it is handed",
      );
    for (const { reliable, owed } of this.#mirrors) reliable?.checkRoom(owed + 1);
  }

  /** Keeps room for a record until it is handed on. Undefined if there are no mirrors. */
  handover(record: ReadWriteLogRecord, context: Context | undefined): Handover | undefined {
    if (this.#mirrors.length === 0) return undefined;
    for (const each of this.#mirrors) each.owed++;
    return { record, context, generation: this.#generation + 1 };
  }

  /** The last step of a commit: hands a record to all mirrors. Never throws. */
  handOn(handover: Handover | undefined): void {
    if (handover === undefined) return;
    this.#waiting.push(handover);
    if (this.#generation > 0) return;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#generation = next.generation;
      for (const each of this.#mirrors) {
        each.owed--;
        this.#handTo(each.mirror, next);
      }
    }
    this.#generation = 0;
  }

  /** The ledger line of each reliable mirror. */
  ledger(): Record<string, MirrorLedger> {
    const lines: Record<string, MirrorLedger> = Object.create(null);
    for (const { reliable } of this.#mirrors)
      if (reliable !== undefined) lines[reliable.name] = reliable.ledger();
    return { ...lines };
  }

  /**
   * Flushes all mirrors in parallel.
   *
   * @returns The errors; none if everything was delivered.
   */
  flush(timeoutMillis: number): Promise<unknown[]> {
    return this.#settleAll(timeoutMillis, (mirror) => mirror.forceFlush({ timeoutMillis }));
  }

  /** Shuts all mirrors down in parallel, which also flushes them. Returns the errors. */
  shutdown(timeoutMillis: number): Promise<unknown[]> {
    return this.#settleAll(timeoutMillis, (mirror) => mirror.shutdown({ timeoutMillis }));
  }

  async #settleAll(
    timeoutMillis: number,
    work: (mirror: AuditMirror) => Promise<void>,
  ): Promise<unknown[]> {
    const outcomes = await Promise.allSettled(
      this.#mirrors.map(({ mirror }) => {
        // a mirror with `reportTo` keeps the deadline itself, and reports what it did not deliver
        const limit = mirror.reportTo === undefined ? timeoutMillis : timeoutMillis + GRACE_MILLIS;
        return withDeadline(() => work(mirror), limit, describe(mirror));
      }),
    );
    return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  }

  #handTo(mirror: AuditMirror, { record, context }: Handover): void {
    try {
      mirror.onEmit(record, context);
    } catch (cause) {
      this.#report(
        new AuditError("delivery_failed", `${describe(mirror)} threw on a record`, { cause }),
      );
    }
  }
}

function describe(mirror: AuditMirror): string {
  return `mirror ${mirror.name ?? mirror.constructor?.name ?? "without a name"}`;
}
