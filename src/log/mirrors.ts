import type { Context } from "@opentelemetry/api";
import type { ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import { type AuditMirror, isReliable, type ReliableMirror } from "../delivery/audit-mirror.js";
import { withDeadline } from "../delivery/flush.js";
import type { MirrorLedger } from "../delivery/ledger.js";
import { AuditError, invalidOption } from "../errors.js";

/**
 * How often mirrors may answer a record with a record of their own, each in answer to the one before. A mirror that
 * logs for every record it is handed would never come to an end.
 */
export const MAX_GENERATIONS = 8;

/** How much longer than its deadline a mirror of ours may take to say that it did not keep it. */
const GRACE_MILLIS = 1000;

/** A mirror of two logs would be shut down by the first, and tell each of the other's losses. */
const owned = new WeakSet<AuditMirror>();

interface Owned {
  readonly mirror: AuditMirror;
  /** The same mirror, if it is a reliable one. */
  readonly reliable: ReliableMirror | undefined;
  /** Records that are committed, and that it was not handed yet; they have no place in it, but will need one. */
  owed: number;
}

/** A sealed record on its way to the mirrors. */
export interface Handover {
  readonly record: ReadWriteLogRecord;
  readonly context: Context | undefined;
  readonly generation: number;
}

/**
 * The mirrors of one log: hands each sealed record to all of them, in the order of sequence. What one throws is
 * reported and never reaches its siblings; a record that a mirror brings about waits until all have seen this one.
 */
export class Mirrors {
  readonly #mirrors: readonly Owned[];
  readonly #report: (error: AuditError) => void;
  readonly #waiting: Handover[] = [];
  /** 0 outside any mirror; in a mirror, one more than the generation of the record that it is handed. */
  #generation = 0;

  /** Takes the mirrors over. Throws `invalid_options` for one that another log owns. */
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

  /**
   * Step 1 of a commit: may a further record be recorded?
   *
   * @throws {@link AuditError} `not_recorded` when mirrors only answer each other's records; `delivery_failed` when one
   * that fails closed is full.
   */
  checkRoom(): void {
    if (this.#generation > MAX_GENERATIONS)
      throw new AuditError(
        "not_recorded",
        `a mirror logs in answer to its own records, ${MAX_GENERATIONS} times over; let it log only for others'`,
      );
    for (const { reliable, owed } of this.#mirrors) reliable?.checkRoom(owed + 1);
  }

  /** Keeps room for a record until it is handed on; undefined when there is nobody to hand it to. */
  handover(record: ReadWriteLogRecord, context: Context | undefined): Handover | undefined {
    if (this.#mirrors.length === 0) return undefined;
    for (const each of this.#mirrors) each.owed++;
    return { record, context, generation: this.#generation + 1 };
  }

  /** Step 4 of a commit. Never throws. */
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

  /** The line of each reliable mirror. */
  ledger(): Record<string, MirrorLedger> {
    const lines: Record<string, MirrorLedger> = Object.create(null);
    for (const { reliable } of this.#mirrors)
      if (reliable !== undefined) lines[reliable.name] = reliable.ledger();
    return { ...lines };
  }

  /**
   * Flushes all mirrors, side by side.
   *
   * @returns What went wrong; an empty array when all is delivered.
   */
  flush(timeoutMillis: number): Promise<unknown[]> {
    return this.#settleAll(timeoutMillis, (mirror) => mirror.forceFlush({ timeoutMillis }));
  }

  /** Shuts all mirrors down, side by side, which flushes them too; returns what went wrong. */
  shutdown(timeoutMillis: number): Promise<unknown[]> {
    return this.#settleAll(timeoutMillis, (mirror) => mirror.shutdown({ timeoutMillis }));
  }

  async #settleAll(
    timeoutMillis: number,
    work: (mirror: AuditMirror) => Promise<void>,
  ): Promise<unknown[]> {
    const outcomes = await Promise.allSettled(
      this.#mirrors.map(({ mirror }) => {
        // a mirror of ours keeps the deadline itself, and says better what it did not deliver
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
