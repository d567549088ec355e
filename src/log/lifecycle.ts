import {
  DEFAULT_FLUSH_TIMEOUT_MILLIS,
  type FlushOptions,
  withDeadline,
} from "../delivery/flush.js";
import { DeliveryError, type Ledger } from "../delivery/ledger.js";
import { invalidOption } from "../errors.js";
import type { Checkpointer } from "./checkpointer.js";
import type { GroupCommit } from "./group-commit.js";
import type { Mirrors } from "./mirrors.js";

/** What a log has to wait for and to close. */
export interface LifecycleParts {
  readonly group: GroupCommit | undefined;
  readonly checkpointer: Checkpointer | undefined;
  readonly mirrors: Mirrors;
  /** Makes the log refuse everything from now on. */
  readonly close: () => void;
  readonly closeJournal: () => void;
  readonly ledger: () => Ledger;
}

/**
 * Flushes a log, and shuts it down once. Both keep the order in which entries pass: the journal,
 * then the checkpoint over it, then the mirrors.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #shutdown: Promise<void> | undefined;

  /** Of a log that is open. */
  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** As `AuditLog.flush`. During a shutdown it waits for that. */
  async flush(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = timeoutOf(options);
    const shutdown = this.#shutdown;
    if (shutdown === undefined)
      return this.#settle(
        "flush",
        await this.#afterJournal(timeoutMillis, (left) => this.#parts.mirrors.flush(left)),
      );
    try {
      await withDeadline(() => shutdown, timeoutMillis, "the shutdown");
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      this.#settle("flush", [error]);
    }
  }

  /** As `AuditLogProcessor.shutdown`. */
  async shutdown(options: FlushOptions = {}): Promise<void> {
    const timeoutMillis = timeoutOf(options);
    this.#shutdown ??= this.#close(timeoutMillis);
    return this.#shutdown;
  }

  async #close(timeoutMillis: number): Promise<void> {
    const { checkpointer, mirrors, close, closeJournal } = this.#parts;
    close(); // first, since a mirror may log in answer to an entry that is committed below
    const failures = await this.#afterJournal(timeoutMillis, async (left) => {
      const deadline = performance.now() + left;
      const unsigned = await failureOf(checkpointer?.close(left));
      return [...unsigned, ...(await mirrors.shutdown(leftUntil(deadline)))];
    });
    try {
      closeJournal();
    } catch (error) {
      failures.push(error);
    }
    this.#settle("shutdown", failures);
  }

  /** Commits what waits for the journal first: mirrors are handed only what is committed. */
  async #afterJournal(
    timeoutMillis: number,
    work: (timeoutMillis: number) => Promise<unknown[]>,
  ): Promise<unknown[]> {
    const deadline = performance.now() + timeoutMillis;
    const uncommitted = await failureOf(this.#parts.group?.flush(timeoutMillis));
    return [...uncommitted, ...(await work(leftUntil(deadline)))];
  }

  #settle(what: string, failures: readonly unknown[]): void {
    if (failures.length === 0) return;
    const cause = failures.length === 1 ? failures[0] : new AggregateError(failures);
    const message = `${what}: ${failures.map(messageOf).join("; ")}`;
    const isSafe = failures.every((each) => each instanceof DeliveryError && each.isSafe);
    throw new DeliveryError(message, this.#parts.ledger(), cause, isSafe);
  }
}

function timeoutOf(options: FlushOptions): number {
  if (typeof options !== "object" || options === null)
    throw invalidOption("options", "expected an object");
  const { timeoutMillis = DEFAULT_FLUSH_TIMEOUT_MILLIS } = options;
  if (!(Number.isFinite(timeoutMillis) && timeoutMillis > 0))
    throw invalidOption("timeoutMillis", "expected a positive number of milliseconds");
  return timeoutMillis;
}

/** What some work failed with, as a list of none or one. */
async function failureOf(work: Promise<void> | undefined): Promise<unknown[]> {
  try {
    await work;
    return [];
  } catch (error) {
    return [error];
  }
}

function leftUntil(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
