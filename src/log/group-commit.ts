import type { MeterProvider } from "@opentelemetry/api";
import { guardExit, type Pending, unguardExit } from "../delivery/exit-guard.js";
import { AuditError } from "../errors.js";
import { backoffMillis } from "../http/retry.js";
import type { JournalRow } from "../journal/entries/entry-table.js";
import type { Journal } from "../journal/journal.js";
import * as semconv from "../semconv.js";

/** How long the first entry of a group waits for others. */
const GROUP_MILLIS = 5;

/** The largest group. It bounds what waits while an app does not yield to the event loop. */
const MAX_GROUP = 256;

/** The pause between two attempts to commit a group that failed. */
const RETRY = { initialMillis: 100, maxMillis: 2000 };

/** An entry that is sealed but not committed yet. */
interface Waiting {
  readonly row: JournalRow;
  /** Called after the commit. */
  readonly committed: () => void;
  /** When it was added, on a monotonic clock. */
  readonly since: number;
}

/**
 * Commits entries to a journal in groups: one sync of the disk for all entries of a few
 * milliseconds. A group is committed as a whole or not at all. If that fails, the group is kept and
 * tried again, and no further entry is accepted until it succeeds.
 *
 * When the process ends in an orderly way, or by `process.exit`, the waiting entries are committed.
 * A crash loses them.
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

  /** @param report - Called for the first of several failures in a row. Never throws. */
  constructor(journal: Journal, report: (error: AuditError) => void) {
    this.#journal = journal;
    this.#report = report;
    this.#exitDuty = this.#makeExitDuty();
  }

  /** How long the oldest entry has waited for its commit, in milliseconds; 0 if none waits. */
  get lagMillis(): number {
    const [oldest] = this.#waiting;
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** @throws {@link AuditError} `journal_failed` while a group has failed to be committed. */
  assertReady(): void {
    if (this.#failure === undefined) return;
    throw new AuditError(
      "journal_failed",
      "the journal cannot be written, so nothing was recorded; " +
        `entries that wait for it: ${this.#waiting.length}`,
      { cause: this.#failure },
    );
  }

  /** Adds an entry to the group. Never throws: if the journal fails, the next entry is refused. */
  add(row: JournalRow, committed: () => void): void {
    this.#waiting.push({ row, committed, since: performance.now() });
    if (this.#waiting.length === 1) guardExit(this.#exitDuty);
    if (this.#waiting.length >= MAX_GROUP) this.#commit();
    else this.#timer ??= setTimeout(() => this.#commit(), GROUP_MILLIS);
  }

  /**
   * Commits the waiting entries. Tries again until the time is over.
   *
   * @throws {@link AuditError} `journal_failed` when the journal does not have them by then.
   */
  async flush(timeoutMillis: number): Promise<void> {
    const deadline = performance.now() + timeoutMillis;
    for (this.#commit(); this.#waiting.length > 0; this.#commit()) {
      // a mirror logged while it was handed the group
      if (this.#failure === undefined && !this.#committing) continue;
      const left = deadline - performance.now();
      if (left <= 0)
        throw (
          this.#failure ??
          new AuditError("journal_failed", "the journal does not have all entries yet")
        );
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, RETRY.initialMillis)));
    }
  }

  /**
   * Commits the waiting entries at once.
   *
   * @throws {@link AuditError} `journal_failed` when the journal does not have them.
   */
  commitNow(): void {
    if (this.#committing)
      throw new AuditError(
        "journal_failed",
        "a mirror is being handed a group of entries, so no other can be committed; call it later",
      );
    this.#commit();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Makes no further attempt until the process ends. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One attempt. Never throws. */
  #commit(): void {
    // a mirror logged while it was handed the last group, and filled another
    if (this.#committing) return;
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
    // the timer does not keep the process alive: its end is one more attempt
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

/** What the metrics of a journal say. */
export interface JournalMeasures {
  /** How long entries have waited for their commit. */
  readonly lagMillis: number;
  /** The size of the write-ahead log. */
  readonly walBytes: number;
}

/**
 * The metrics of a journal.
 *
 * @param measured - Undefined once the log is gone.
 */
export function observeJournal(
  meterProvider: MeterProvider,
  logId: string,
  measured: () => JournalMeasures | undefined,
): void {
  const meter = meterProvider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
  const lag = meter.createObservableGauge(semconv.METRIC_JOURNAL_LAG, { unit: "s" });
  const size = meter.createObservableGauge(semconv.METRIC_JOURNAL_WAL_SIZE, { unit: "By" });
  meter.addBatchObservableCallback(
    (result) => {
      const measures = measured();
      if (measures === undefined) return;
      const attributes = { [semconv.ATTR_GOVERNANCE_LOG_ID]: logId };
      result.observe(lag, measures.lagMillis / 1000, attributes);
      result.observe(size, measures.walBytes, attributes);
    },
    [lag, size],
  );
}
