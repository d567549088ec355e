import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";

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

/** Below this many dead slots the list is not worth moving. */
const MIN_COMPACTION = 1024;

/** A bounded spool in memory; what it holds is gone with the process. */
export class MemorySpool implements Spool {
  readonly capacity: number;
  readonly durable = false;
  #records: SpooledRecord[] = [];
  #head = 0;

  /** Makes an empty spool for so many records. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** How many records are pending. */
  get size(): number {
    return this.#records.length - this.#head;
  }

  /** Since when the oldest one waits. */
  get oldestSince(): number | undefined {
    return this.#records[this.#head]?.since;
  }

  /** Never. */
  isSafe(): boolean {
    return false;
  }

  /** Adds a record at the end. */
  add({ record, since }: SpooledRecord): number {
    this.#records.push({ record: snapshotOf(record), since });
    return 1;
  }

  /** The oldest records, without removing them. */
  peek(count: number): readonly SpooledRecord[] {
    return this.#records.slice(this.#head, this.#head + count);
  }

  /** Removes the oldest record. */
  reject(): void {
    this.settle(1);
  }

  /** Removes the oldest records. */
  settle(count: number): void {
    const end = Math.min(this.#head + count, this.#records.length);
    if (
      end === this.#records.length ||
      (end >= MIN_COMPACTION && end * 2 >= this.#records.length)
    ) {
      this.#records = this.#records.slice(end);
      this.#head = 0;
      return;
    }
    // a settled record must not be held until the next compaction
    this.#records.fill(undefined as never, this.#head, end);
    this.#head = end;
  }
}

/**
 * The record as it is at this moment. The SDK's own stays writable: a processor further on may scrub or enrich it while
 * it is pending, and what arrived would not be what was sealed.
 */
export function snapshotOf(record: ReadableLogRecord): ReadableLogRecord {
  const { spanContext, severityText, severityNumber, body, eventName } = record;
  const snapshot: Mutable<ReadableLogRecord> = {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes: { ...record.attributes },
    droppedAttributesCount: record.droppedAttributesCount,
  };
  if (spanContext !== undefined) snapshot.spanContext = spanContext;
  if (severityText !== undefined) snapshot.severityText = severityText;
  if (severityNumber !== undefined) snapshot.severityNumber = severityNumber;
  if (body !== undefined) snapshot.body = body;
  if (eventName !== undefined) snapshot.eventName = eventName;
  return snapshot;
}
