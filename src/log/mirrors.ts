import type { Context } from "@opentelemetry/api";
import type { ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import type { AuditMirror } from "../delivery/audit-mirror.js";
import type { MirrorLedger } from "../delivery/ledger.js";
import { AuditError } from "../errors.js";

/**
 * How often mirrors may answer a record with a record of their own, each in answer to the one before. A mirror that
 * logs for every record it is handed would never come to an end.
 */
export const MAX_GENERATIONS = 8;

interface Handover {
  readonly record: ReadWriteLogRecord;
  readonly context: Context | undefined;
  readonly generation: number;
}

/**
 * The mirrors of one log: hands each sealed record to all of them, in the order of sequence. What one throws is
 * reported and never reaches its siblings; a record that a mirror brings about waits until all have seen this one.
 */
export class Mirrors {
  readonly #mirrors: readonly AuditMirror[];
  readonly #report: (error: AuditError) => void;
  readonly #waiting: Handover[] = [];
  /** 0 outside any mirror; in a mirror, one more than the generation of the record that it is handed. */
  #generation = 0;

  /** Takes the mirrors over. */
  constructor(mirrors: readonly AuditMirror[], report: (error: AuditError) => void) {
    this.#mirrors = mirrors;
    this.#report = report;
    for (const mirror of mirrors) mirror.reportTo?.(report);
  }

  /**
   * Step 1 of a commit: may a further record be recorded?
   *
   * @throws {@link AuditError} `not_recorded` when mirrors only answer each other's records.
   */
  checkRoom(): void {
    if (this.#generation > MAX_GENERATIONS)
      throw new AuditError(
        "not_recorded",
        `a mirror logs in answer to its own records, ${MAX_GENERATIONS} times over; let it log only for others'`,
      );
  }

  /** Step 4 of a commit. Never throws. */
  handOn(record: ReadWriteLogRecord, context: Context | undefined): void {
    if (this.#mirrors.length === 0) return;
    this.#waiting.push({ record, context, generation: this.#generation + 1 });
    if (this.#generation > 0) return;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#generation = next.generation;
      for (const mirror of this.#mirrors) this.#handTo(mirror, next);
    }
    this.#generation = 0;
  }

  /** The line of each reliable mirror. */
  ledger(): Record<string, MirrorLedger> {
    const lines: Record<string, MirrorLedger> = Object.create(null);
    for (const { name, ledger } of this.#mirrors.map(lineOf))
      if (name !== undefined && ledger !== undefined) lines[name] = ledger;
    return { ...lines };
  }

  /**
   * Flushes all mirrors, side by side.
   *
   * @returns What went wrong; an empty array when all is delivered.
   */
  async flush(timeoutMillis: number): Promise<unknown[]> {
    return failures(this.#mirrors.map((mirror) => withDeadline(() => mirror.forceFlush(), timeoutMillis)));
  }

  /** Shuts all mirrors down, side by side, and returns what went wrong. */
  async shutdown(timeoutMillis: number): Promise<unknown[]> {
    return failures(this.#mirrors.map((mirror) => withDeadline(() => mirror.shutdown(), timeoutMillis)));
  }

  #handTo(mirror: AuditMirror, { record, context }: Handover): void {
    try {
      mirror.onEmit(record, context);
    } catch (cause) {
      this.#report(new AuditError("delivery_failed", `${describe(mirror)} threw on a record`, { cause }));
    }
  }
}

function lineOf(mirror: AuditMirror): { name: string | undefined; ledger: MirrorLedger | undefined } {
  return { name: mirror.name, ledger: mirror.ledger?.() };
}

function describe(mirror: AuditMirror): string {
  return `mirror ${mirror.name ?? mirror.constructor.name}`;
}

async function withDeadline(work: () => Promise<void>, timeoutMillis: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMillis} ms`)), timeoutMillis);
  });
  try {
    await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

async function failures(work: readonly Promise<void>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
}
