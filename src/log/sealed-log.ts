import {
  type Context,
  type HrTime,
  isSpanContextValid,
  type MeterProvider,
  type SpanContext,
} from "@opentelemetry/api";
import type { ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import { isReliable } from "../delivery/audit-mirror.js";
import { DEFAULT_FLUSH_TIMEOUT_MILLIS } from "../delivery/deadline.js";
import { reporterTo } from "../delivery/reporter.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import { type SealedEntry, sealEntry } from "../entry/seal.js";
import { randomUuid } from "../entry/uuid.js";
import { AuditError, invalidOption } from "../errors.js";
import type { Checkpoint } from "../integrity/checkpoint.js";
import type { JournalRow } from "../journal/entry-table.js";
import type { Journal } from "../journal/journal.js";
import { MemoryStore } from "../memory/memory-store.js";
import { checkpointRecord } from "../record/checkpoint-record.js";
import { foreignEvent } from "../record/foreign-event.js";
import { risenAbove } from "../record/record-time.js";
import { writeSeal } from "../record/sealed-record.js";
import { Checkpointer } from "./checkpointer.js";
import type { Draft } from "./draft.js";
import { GroupCommit } from "./group-commit.js";
import { observeJournal } from "./journal-metrics.js";
import { type Handover, Mirrors } from "./mirrors.js";
import type { ResolvedOptions } from "./options.js";
import { redactedBy } from "./redaction.js";

/** Journals that a log writes to: two logs would give out the same sequences. */
const inUse = new WeakSet<Journal>();

/** The log itself: gives out sequences, seals, and commits to journal, memory and mirrors, in that order. */
export class SealedLog {
  readonly id: string;
  readonly memory: MemoryStore;
  readonly mirrors: Mirrors;
  readonly #journal: Journal | undefined;
  readonly #ownsJournal: boolean;
  /** Undefined when each entry is committed by itself. */
  readonly #group: GroupCommit | undefined;
  /** The way to `onError`; never throws. */
  readonly report: (error: AuditError) => void;
  readonly #now: () => number;
  readonly #redact: ((event: AuditEvent) => AuditEvent) | undefined;
  /** Undefined where nothing is signed. */
  readonly #checkpointer: Checkpointer | undefined;
  readonly #bytesMatter: boolean;
  readonly #meterProvider: () => MeterProvider;
  #observed = false;
  /** The sequence to come. */
  #next = 0;
  #accepted = 0;
  #refused = 0;
  #lastTime: HrTime = [0, 0];
  #closed = false;

  /** Makes a log that starts at sequence 0, or goes on where its journal ends. */
  constructor(options: ResolvedOptions) {
    this.id = options.logId;
    this.report = reporterTo(options.onError);
    this.memory = new MemoryStore(options.bounds);
    this.#now = options.now;
    this.#redact = options.redact;
    this.#bytesMatter = options.bounds.maxBytes !== Number.POSITIVE_INFINITY;
    this.#meterProvider = options.meterProvider;
    this.#journal = options.journal;
    this.#ownsJournal = options.ownsJournal;
    if (options.journal !== undefined && inUse.has(options.journal))
      throw invalidOption("journal", "another log writes to this journal");
    if (options.journal !== undefined && options.durability === "batch")
      this.#group = new GroupCommit(options.journal, this.report);
    try {
      this.mirrors = new Mirrors(options.mirrors, this.report);
      if (options.journal !== undefined) this.#continue(options.journal, options);
      this.#checkpointer = this.#checkpointerOf(options);
    } catch (error) {
      this.closeJournal();
      throw error;
    }
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
    if (this.#closed)
      throw new AuditError("closed", "the audit log was shut down; nothing was recorded");
  }

  /**
   * Waits until the journal has every entry.
   *
   * @throws {@link AuditError} `journal_failed` when it does not after that time.
   */
  async settleJournal(timeoutMillis: number): Promise<void> {
    await this.#group?.flush(timeoutMillis);
  }

  /**
   * Signs what the journal has, once it has every entry.
   *
   * @throws {@link AuditError} `invalid_options` when there is no signer; `signing_failed`, `journal_failed`.
   */
  async checkpoint(): Promise<Checkpoint> {
    const checkpointer = this.#checkpointer;
    if (checkpointer === undefined)
      throw invalidOption("signer", "the log has no keys to sign with");
    await this.settleJournal(DEFAULT_FLUSH_TIMEOUT_MILLIS);
    return checkpointer.checkpoint();
  }

  /** Signs the last checkpoint, where one is due. */
  async signLast(timeoutMillis: number): Promise<void> {
    await this.#checkpointer?.close(timeoutMillis);
  }

  /**
   * A proof by the newest checkpoint; signs one first where that is not over the entry.
   *
   * @throws {@link AuditError} `invalid_options` when there is no journal; as `Journal.prove` and `checkpoint` do.
   */
  async prove(what: number | { readonly proposalId: string }): Promise<string> {
    const journal = this.#journal;
    if (journal === undefined)
      throw invalidOption("journal", "a log in memory has no checkpoints to prove by");
    const last = Math.min(
      typeof what === "number" ? what : Number.POSITIVE_INFINITY,
      this.#next - 1,
    );
    const isCovered = (journal.newestCheckpoint()?.size ?? 0) > last;
    if (this.#checkpointer !== undefined && !isCovered && !this.#closed) await this.checkpoint();
    return journal.prove(what);
  }

  /** Lets go of the journal, and closes it if it was opened for this log. */
  closeJournal(): void {
    if (this.#journal === undefined) return;
    inUse.delete(this.#journal);
    this.#group?.stop();
    if (this.#ownsJournal) this.#journal.close();
  }

  /** Prepares an event for its commit. Records nothing. */
  draft(event: ValidEvent, spanContext: SpanContext | undefined): Draft {
    return {
      log: this,
      event: this.#redact === undefined ? event : redactedBy(this.#redact, event),
      spanContext:
        spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
      recordedMillis: this.#now(),
      entry: undefined,
      void: false,
    };
  }

  /**
   * Seals a draft with the next sequence and records it, in the order: room in the mirrors, journal, memory, mirrors.
   * What fails before memory leaves no trace.
   *
   * @param record - The SDK's record of the draft; says afterwards what was sealed.
   * @param bare - Whether it says nothing else then.
   * @throws {@link AuditError} when nothing was recorded.
   */
  commit(
    draft: Draft,
    record: ReadWriteLogRecord,
    context: Context | undefined,
    bare = false,
  ): void {
    this.assertOpen();
    this.mirrors.checkRoom();
    this.#group?.assertReady();
    if (!Object.isExtensible(record.attributes))
      throw new AuditError(
        "not_recorded",
        "a processor ahead froze the record's attributes; nothing was recorded",
      );
    const sealed = sealEntry(draft.event, {
      log: this.id,
      sequence: this.#next,
      id: randomUuid(),
      recordedMillis: draft.recordedMillis,
      traceId: draft.spanContext?.traceId,
      spanId: draft.spanContext?.spanId,
    });
    const time = risenAbove(this.#lastTime, draft.recordedMillis);
    if (this.#journal !== undefined && !this.#observed) this.#observe();
    const row = this.#journal && journalRow(sealed, time, draft, record);
    if (row !== undefined && this.#group === undefined) this.#journal?.append(row);
    this.memory.append(
      sealed.entry,
      sealed.timestampMillis,
      this.#bytesMatter ? Buffer.byteLength(sealed.line) : 0,
    );
    draft.entry = sealed.entry;
    this.#next++;
    this.#accepted++;
    this.#lastTime = [time[0], time[1]]; // the record's own tuple is in anybody's hands
    const handover = this.#write(record, sealed, time, bare)
      ? this.mirrors.handover(record, context)
      : undefined;
    if (row !== undefined && this.#group !== undefined)
      this.#group.add(row, () => this.#committed(handover));
    else this.#committed(handover);
  }

  #committed(handover: Handover | undefined): void {
    this.mirrors.handOn(handover);
    this.#checkpointer?.onCommitted();
  }

  #observe(): void {
    this.#observed = true;
    const self = new WeakRef(this); // a meter keeps its callbacks for as long as it lives
    observeJournal(this.#meterProvider(), this.id, () => {
      const log = self.deref();
      return log && (log.#group?.lagMillis ?? 0);
    });
  }

  /** Whether the record says what was sealed. */
  #write(record: ReadWriteLogRecord, sealed: SealedEntry, time: HrTime, bare: boolean): boolean {
    try {
      if (bare) for (const key of Object.keys(record.attributes)) delete record.attributes[key];
      writeSeal(record, sealed, this.id, time);
      return true;
    } catch (cause) {
      const message = `sequence ${sealed.entry.sequence} is recorded, but a processor ahead made its record read-only`;
      this.report(
        new AuditError("delivery_failed", `${message}; no mirror was handed it`, { cause }),
      );
      return false;
    }
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
        cause instanceof AuditError
          ? cause
          : new AuditError("not_recorded", String(cause), { cause }),
      );
    }
  }

  #checkpointerOf({ keys, checkpointEvery, now }: ResolvedOptions): Checkpointer | undefined {
    if (this.#journal === undefined || keys.length === 0) return undefined;
    return new Checkpointer({
      journal: this.#journal,
      keys,
      every: checkpointEvery,
      now,
      report: this.report,
      handOn: (checkpoint) =>
        this.mirrors.handOn(this.mirrors.handover(checkpointRecord(checkpoint), undefined)),
    });
  }

  /** Goes on where the journal ends, with the newest entries in memory and the outboxes of the mirrors. */
  #continue(journal: Journal, { bounds, mirrors }: ResolvedOptions): void {
    inUse.add(journal);
    this.#next = journal.length;
    this.#lastTime = journal.lastTime;
    for (const { entry, timestampMillis, bytes } of journal.newest(bounds.maxEntries))
      this.memory.append(entry, timestampMillis, bytes);
    for (const mirror of mirrors)
      if (isReliable(mirror))
        mirror.useSpool(journal.outbox(mirror.name, { backfill: mirror.backfill }));
  }
}

function journalRow(
  { entry, line, timestampMillis }: SealedEntry,
  time: HrTime,
  { spanContext }: Draft,
  { resource, instrumentationScope }: ReadWriteLogRecord,
): JournalRow {
  const traceFlags = spanContext?.traceFlags;
  return { entry, line, time, timestampMillis, traceFlags, resource, scope: instrumentationScope };
}
