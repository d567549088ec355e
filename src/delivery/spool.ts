import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";

/** A record that waits for delivery. */
export interface SpooledRecord {
  readonly record: ReadableLogRecord;
  /** Since when it waits, in milliseconds of `performance.now()`, which never goes back. */
  readonly since: number;
}

/** The pending records, oldest first. A processor adds at the end and delivers from the front. */
export interface Spool {
  /** How many records are pending. */
  readonly size: number;
  /** How many records may be pending. */
  readonly capacity: number;
  /** Whether pending records outlive the process. */
  readonly durable: boolean;
  /** Since when the oldest record waits. Undefined if none is pending. */
  readonly oldestSince: number | undefined;
  /** Whether the pending records would outlive the process now: a file can be deleted. */
  isSafe(): boolean;
  /**
   * Adds a record at the end; there must be room. Returns how many more records are pending: 0 if
   * the spool had the record already.
   */
  add(spooled: SpooledRecord): number;
  /** The oldest records, `count` at most. They stay in the spool. */
  peek(count: number): readonly SpooledRecord[];
  /** Removes the `count` oldest records, which were delivered. */
  settle(count: number): void;
  /** Removes the oldest record, which will not be delivered for this reason. */
  reject(reason: string): void;
  /**
   * Calls the listener when records become pending that nobody added, such as rejected records that
   * are sent again. `ahead` is how many of them come before the records that were pending already.
   */
  onPending?(listener: (ahead: number) => void): void;
}

/** With fewer empty slots than this, the list is not worth moving. */
const MIN_COMPACTION = 1024;

/** A bounded spool in memory. What it holds is lost when the process ends. */
export class MemorySpool implements Spool {
  readonly capacity: number;
  readonly durable = false;
  #records: SpooledRecord[] = [];
  #head = 0;

  /** Makes an empty spool for `capacity` records. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** How many records are pending. */
  get size(): number {
    return this.#records.length - this.#head;
  }

  /** Since when the oldest record waits. */
  get oldestSince(): number | undefined {
    return this.#records[this.#head]?.since;
  }

  /** Always false. */
  isSafe(): boolean {
    return false;
  }

  /** Adds a snapshot of the record at the end. */
  add({ record, since }: SpooledRecord): number {
    this.#records.push({ record: snapshotOf(record), since });
    return 1;
  }

  /** The oldest records, which stay in the spool. */
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
    // otherwise settled records would stay in memory until the list is moved
    this.#records.fill(undefined as never, this.#head, end);
    this.#head = end;
  }
}

/**
 * Copies the record as it is now. The SDK's record stays writable: while it is pending, a later
 * processor may change it, and what arrives would differ from what was sealed.
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
