import type { MeterProvider } from "@opentelemetry/api";
import { guardExit, type Pending, unguardExit } from "../delivery/exit-guard.js";
import { AuditError } from "../errors.js";
import { backoffMillis } from "../http/backoff.js";
import type { JournalRow } from "../journal/entries/entry-table.js";
import type { Journal } from "../journal/journal.js";
import * as semconv from "../semconv.js";

/** How long the first entry of a group waits for others. */
const GROUP_MILLIS = 5;

/** Entries of a group at the most, so that an app that never lets go of the thread waits for the disk in between. */
const MAX_GROUP = 256;

/** Between two attempts to commit a group that failed. */
const RETRY = { initialMillis: 100, maxMillis: 2000 };

/** An entry that is sealed but not committed, and what is to be done once it is. */
interface Waiting {
  readonly row: JournalRow;
  readonly committed: () => void;
  /** When it was added, on a clock that never turns back. */
  readonly since: number;
}

/**
 * Commits entries to a journal in groups: one sync of the disk for all that came within a few milliseconds. A group
 * that fails is kept and tried again, all entries of it or none; meanwhile no further entry is let in.
 *
 * An orderly end of the process, `process.exit` too, commits what waits; a crash loses it.
 */
export class GroupCommit {
  readonly #journal: Journal;
  readonly #report: (error: AuditError) => void;
  readonly #exitDuty: Pending;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #failure: AuditError | undefined;
  #committing = false;

  /** @param report - Told of the first of failures in a row, and never throws. */
  constructor(journal: Journal, report: (error: AuditError) => void) {
    this.#journal = journal;
    this.#report = report;
    this.#exitDuty = this.#makeExitDuty();
  }

  /** How long the oldest entry has waited for its commit, in milliseconds; 0 when none does. */
  get lagMillis(): number {
    const [oldest] = this.#waiting;
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** @throws {@link AuditError} `journal_failed` while a group could not be committed. */
  assertReady(): void {
    if (this.#failure === undefined) return;
    const message = `${this.#waiting.length} entries wait for a journal that cannot be written; nothing was recorded`;
    throw new AuditError("journal_failed", message, { cause: this.#failure });
  }

  /** Takes an entry in. Never throws: what is wrong with the journal is for the next one to hear. */
  add(row: JournalRow, committed: () => void): void {
    if (this.#waiting.length === 0) guardExit(this.#exitDuty);
    this.#waiting.push({ row, committed, since: performance.now() });
    if (this.#waiting.length >= MAX_GROUP) this.#commit();
    else this.#timer ??= setTimeout(() => this.#commit(), GROUP_MILLIS);
  }

  /**
   * Commits what waits, and tries again until the time is over.
   *
   * @throws {@link AuditError} `journal_failed` when it could not.
   */
  async flush(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    for (this.#commit(); this.#waiting.length > 0; this.#commit()) {
      if (this.#failure === undefined && !this.#committing) continue; // a mirror has logged in answer
      const left = deadline - performance.now();
      if (left <= 0)
        throw this.#failure ?? new AuditError("journal_failed", "entries wait for their commit");
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, RETRY.initialMillis)));
    }
  }

  /** Makes no further attempt by itself; the end of the process is still one. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One attempt. Never throws. */
  #commit(): void {
    if (this.#committing) return; // a mirror that logs in answer has filled a group
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    if (group.length === 0) return;
    try {
      this.#journal.append(...group.map(({ row }) => row));
    } catch (error) {
      this.#onFailure(error as AuditError);
      return;
    }
    this.#failures = 0;
    this.#failure = undefined;
    this.#waiting = [];
    unguardExit(this.#exitDuty);
    this.#committing = true;
    for (const { committed } of group) committed();
    this.#committing = false;
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#commit(), GROUP_MILLIS);
  }

  #onFailure(error: AuditError): void {
    if (this.#failure === undefined) this.#report(error);
    this.#failure = error;
    this.#failures++;
    // does not keep the process alive: its end is an attempt of its own
    this.#timer = setTimeout(() => this.#commit(), backoffMillis(RETRY, this.#failures)).unref();
  }

  #makeExitDuty(): Pending {
    const pending = (): number => this.#waiting.length;
    return {
      what: `entries that ${this.#journal.path} does not have`,
      get pending() {
        return pending();
      },
      isLost: true,
      deliver: (timeoutMillis) => this.flush(timeoutMillis).catch(() => {}),
      lastChance: () => this.#commit(),
    };
  }
}

/**
 * The lag of a journal as a metric: how long entries wait for their commit.
 *
 * @param lagMillis - Undefined once the log is gone.
 */
export function observeLag(
  meterProvider: MeterProvider,
  logId: string,
  lagMillis: () => number | undefined,
): void {
  const meter = meterProvider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
  const lag = meter.createObservableGauge(semconv.METRIC_JOURNAL_LAG, { unit: "s" });
  lag.addCallback((result) => {
    const millis = lagMillis();
    if (millis !== undefined)
      result.observe(millis / 1000, { [semconv.ATTR_GOVERNANCE_LOG_ID]: logId });
  });
}
