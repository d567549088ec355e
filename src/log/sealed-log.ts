import { type Context, type HrTime, isSpanContextValid, type SpanContext } from "@opentelemetry/api";
import type { ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import { reporterTo } from "../delivery/reporter.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import { invalidEntry } from "../entry/invalid.js";
import { sealEntry } from "../entry/seal.js";
import { randomUuid } from "../entry/uuid.js";
import { AuditError } from "../errors.js";
import { MemoryStore } from "../memory/memory-store.js";
import { foreignEvent } from "../record/foreign-event.js";
import { writeSeal } from "../record/sealed-record.js";
import type { Draft } from "./draft.js";
import { Mirrors } from "./mirrors.js";
import type { ResolvedOptions } from "./options.js";

/** The log itself: gives out sequences, seals, and commits to memory and mirrors, in that order. */
export class SealedLog {
  readonly id: string;
  readonly memory: MemoryStore;
  readonly mirrors: Mirrors;
  /** The way to `onError`; never throws. */
  readonly report: (error: AuditError) => void;
  readonly #now: () => number;
  readonly #redact: ((event: AuditEvent) => AuditEvent) | undefined;
  readonly #bytesMatter: boolean;
  #accepted = 0;
  #refused = 0;
  #lastTime: HrTime = [0, 0];
  #closed = false;

  /** Makes a log that starts at sequence 0. */
  constructor(options: ResolvedOptions) {
    this.id = options.logId;
    this.report = reporterTo(options.onError);
    this.memory = new MemoryStore(options.bounds);
    this.mirrors = new Mirrors(options.mirrors, this.report);
    this.#now = options.now;
    this.#redact = options.redact;
    this.#bytesMatter = options.bounds.maxBytes !== Number.POSITIVE_INFINITY;
  }

  /** Entries sealed by this log. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Foreign records that could not be recorded. */
  get refused(): number {
    return this.#refused;
  }

  /** True from the moment that a shutdown began. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Records nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** @throws {@link AuditError} `closed`. */
  assertOpen(): void {
    if (this.#closed) throw new AuditError("closed", "the audit log was shut down; nothing was recorded");
  }

  /** Prepares an event for its commit. Records nothing. */
  draft(event: ValidEvent, spanContext: SpanContext | undefined): Draft {
    return {
      log: this,
      event: this.#redact === undefined ? event : redactedBy(this.#redact, event),
      spanContext: spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
      recordedMillis: this.#now(),
      entry: undefined,
      void: false,
    };
  }

  /**
   * Seals a draft with the next sequence and records it, in the order: room in the mirrors, memory, mirrors. What fails
   * before memory leaves no trace.
   *
   * @param record - The SDK's record of the draft; says afterwards what was sealed.
   * @param bare - Whether it says nothing else then.
   * @throws {@link AuditError} when nothing was recorded.
   */
  commit(draft: Draft, record: ReadWriteLogRecord, context: Context | undefined, bare = false): void {
    this.assertOpen();
    this.mirrors.checkRoom();
    const sealed = sealEntry(draft.event, {
      log: this.id,
      sequence: this.#accepted,
      id: randomUuid(),
      recordedMillis: draft.recordedMillis,
      traceId: draft.spanContext?.traceId,
      spanId: draft.spanContext?.spanId,
    });
    const time = risenAbove(this.#lastTime, draft.recordedMillis);
    if (bare) for (const key of Object.keys(record.attributes)) delete record.attributes[key];
    writeSeal(record, sealed, this.id, time);
    this.memory.append(
      sealed.entry,
      sealed.timestampMillis,
      this.#bytesMatter ? Buffer.byteLength(sealed.line) : 0,
    );
    draft.entry = sealed.entry;
    this.#accepted++;
    this.#lastTime = [time[0], time[1]]; // the record's own tuple is in anybody's hands
    this.mirrors.handOn(record, context);
  }

  /** Records what the app's own logger emitted. Never throws: what cannot be recorded is reported and counted. */
  commitForeign(record: ReadWriteLogRecord, context: Context | undefined): void {
    try {
      const draft = this.draft(validateEvent(foreignEvent(record)), record.spanContext);
      // what the hook took away must not go on in the attributes that it was read from
      this.commit(draft, record, context, this.#redact !== undefined);
    } catch (cause) {
      this.#refused++;
      this.report(
        cause instanceof AuditError ? cause : new AuditError("not_recorded", String(cause), { cause }),
      );
    }
  }
}

/** Loki orders and pages by the record's time, so it rises with every sequence, whatever the clock does. */
function risenAbove([lastSeconds, lastNanos]: HrTime, millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  const nanos = (millis - seconds * 1000) * 1e6;
  if (seconds > lastSeconds || (seconds === lastSeconds && nanos > lastNanos)) return [seconds, nanos];
  return lastNanos === 999_999_999 ? [lastSeconds + 1, 0] : [lastSeconds, lastNanos + 1];
}

function redactedBy(redact: (event: AuditEvent) => AuditEvent, event: ValidEvent): ValidEvent {
  const { timestampMillis, details, ...columns } = event;
  const copy: AuditEvent = {
    ...columns,
    details: structuredClone(details),
    ...(timestampMillis !== undefined && { timestamp: new Date(timestampMillis) }),
  };
  let answer: AuditEvent;
  try {
    answer = redact(copy);
  } catch (cause) {
    throw invalidEntry("redact", "the hook threw", cause);
  }
  const redacted = validateEvent(answer);
  if (redacted.operation !== event.operation)
    throw invalidEntry("redact", "the hook must keep the operation");
  return redacted;
}
