import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";

/** A record that waits for its delivery. */
export interface SpooledRecord {
  readonly record: ReadableLogRecord;
  /** Since when it waits, in milliseconds of a clock that never turns back. */
  readonly since: number;
}

/** What is pending, oldest first. A processor delivers from the front and adds at the end. */
export interface Spool {
  /** How many records are pending. */
  readonly size: number;
  /** How many may be. */
  readonly capacity: number;
  /** Whether it is made so that they are still pending after the end of the process. */
  readonly durable: boolean;
  /** Since when the oldest one waits; undefined when none does. */
  readonly oldestSince: number | undefined;
  /** Whether that holds at this moment: a file can be deleted. */
  isSafe(): boolean;
  /** Adds a record at the end; there must be room. Answers how many more are pending: none, when it was known already. */
  add(spooled: SpooledRecord): number;
  /** The oldest records, at most as many as asked for, without removing them. */
  peek(count: number): readonly SpooledRecord[];
  /** Removes the oldest records: they were delivered. */
  settle(count: number): void;
  /** Removes the oldest record: it will never be delivered, for this reason. */
  reject(reason: string): void;
  /**
   * Calls the listener whenever records became pending that nobody added, such as rejected ones again, with the number
   * of those that stand before what was pending already.
   */
  onPending?(listener: (ahead: number) => void): void;
}
