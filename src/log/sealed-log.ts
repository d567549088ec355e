import {
  type Context,
  type HrTime,
  isSpanContextValid,
  type MeterProvider,
  type SpanContext,
} from "@opentelemetry/api";
import { isReliable } from "../delivery/audit-mirror.js";
import type { Ledger } from "../delivery/ledger.js";
import { reporterTo } from "../delivery/reporter.js";
import { type About, type AboutEveryCall, withAbout } from "../entry/about.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../entry/audit-event.js";
import { isLogOperation, type KnownKinds } from "../entry/operations.js";
import { withRetention } from "../entry/retention.js";
import { type SealedEntry, sealEntry } from "../entry/seal.js";
import { randomUuid } from "../entry/uuid.js";
import { AuditError, invalidEntry, invalidOption } from "../errors.js";
import type { JournalRow } from "../journal/entries/entry-table.js";
import { bytesOf } from "../journal/file/sqlite.js";
import type { Journal } from "../journal/journal.js";
import { MemoryStore } from "../memory/memory-store.js";
import { allEntries } from "../query/audit-reader.js";
import { checkpointRecord } from "../record/checkpoint-record.js";
import { foreignEvent } from "../record/foreign-event.js";
import type { ReadWriteLogRecord } from "../record/log-record.js";
import { RecordedTimes } from "../record/recorded-times.js";
import { writeSeal } from "../record/sealed-record.js";
import { Checkpointer } from "./checkpointer.js";
import { Draft } from "./draft.js";
import { GivenIds } from "./given-ids.js";
import { GroupCommit, observeJournal } from "./group-commit.js";
import { Lifecycle } from "./lifecycle.js";
import { LogReader } from "./log-reader.js";
import { type Handover, Mirrors } from "./mirrors.js";
import type { ResolvedOptions } from "./options.js";
import { Retention } from "./retention.js";

/** Journals that some log writes to. A second log would give out the same sequences. */
const inUse = new WeakSet<Journal>();

/**
 * The log itself: gives out sequences, seals entries, and commits them to journal, memory and
 * mirrors, in that order. The two faces of a log, its processor and its helpers, share one.
 */
export class SealedLog {
  readonly id: string;
  /** The kinds of proposals that it knows. */
  readonly kinds: KnownKinds;
  readonly memory: MemoryStore;
  readonly reader: LogReader;
  readonly mirrors: Mirrors;
  readonly journal: Journal | undefined;
  /** Undefined if nothing is signed. */
  readonly checkpointer: Checkpointer | undefined;
  readonly lifecycle: Lifecycle;
  readonly retention: Retention;
  /** The way to `onError`; never throws. */
  readonly report: (error: AuditError) => void;
  /** Undefined when each entry is committed at once. */
  readonly #group: GroupCommit | undefined;
  readonly #now: () => number;
  readonly #given: GivenIds;
  readonly #about: (() => AboutEveryCall | undefined) | undefined;
  readonly #redact: ((event: AuditEvent) => AuditEvent) | undefined;
  readonly #bytesMatter: boolean;
  readonly #meterProvider: () => MeterProvider;
  #observed = false;
  #closed = false;
  #next = 0;
  #accepted = 0;
  #refused = 0;
  #times = new RecordedTimes([0, 0]);

  /** Makes a log that starts at sequence 0, or goes on where its journal ends. */
  constructor(options: ResolvedOptions) {
    const { journal } = options;
    this.id = options.logId;
    this.kinds = options.kinds;
    this.report = reporterTo(options.onError);
    const { maxEntries, maxBytes } = options;
    this.memory = new MemoryStore({
      maxEntries,
      maxBytes,
      ...(journal !== undefined && { evictableBefore: () => journal.length }),
    });
    this.reader = new LogReader({
      logId: this.id,
      memory: this.memory,
      journal,
      next: () => this.#next,
    });
    this.#now = options.clock;
    this.#about = options.about;
    this.#redact = options.redact;
    this.#bytesMatter = options.maxBytes !== Number.POSITIVE_INFINITY;
    this.#meterProvider = options.meterProvider;
    this.journal = journal;
    this.#given = new GivenIds(this.memory, journal);
    if (journal !== undefined && inUse.has(journal))
      throw invalidOption("journal", "another log writes to this journal");
    if (journal !== undefined && options.durability === "batch")
      this.#group = new GroupCommit(journal, this.report);
    const { reader, report } = this;
    this.retention = new Retention({ journal, reader, group: this.#group, report });
    const closeJournal = () => this.#closeJournal(options.ownsJournal);
    try {
      this.mirrors = new Mirrors(options.mirrors, this.report);
      if (journal !== undefined) this.#continue(journal, options);
      this.checkpointer = this.#checkpointerOf(options);
    } catch (error) {
      closeJournal();
      throw error;
    }
    this.lifecycle = new Lifecycle({
      group: this.#group,
      checkpointer: this.checkpointer,
      mirrors: this.mirrors,
      close: () => {
        this.#closed = true;
      },
      closeJournal,
      ledger: () => this.ledger(),
    });
  }

  /** The sequence of the next entry. */
  get next(): number {
    return this.#next;
  }

  /** How many records of the app's own loggers could not be recorded. */
  get refused(): number {
    return this.#refused;
  }

  /** As `AuditLog.ledger`. */
  ledger(): Ledger {
    return { accepted: this.#accepted, mirrors: this.mirrors.ledger() };
  }

  /** True as soon as a shutdown has begun. */
  get closed(): boolean {
    return this.#closed;
  }

  /** @throws {@link AuditError} `closed` after a shutdown has begun. */
  assertOpen(): void {
    if (this.#closed)
      throw new AuditError("closed", "the audit log was shut down; nothing was recorded");
  }

  /**
   * Prepares an event for its commit. Records nothing.
   *
   * @param about - What the call says about itself. Untrusted.
   * @throws {@link AuditError} `closed`; `invalid_entry` by `about` or by the hooks `about` and
   * `redact`; `not_recorded` when the clock gives no time.
   */
  draft(event: ValidEvent, spanContext: SpanContext | undefined, about?: About): Draft {
    this.assertOpen();
    const told =
      about === undefined && this.#about === undefined
        ? undefined
        : withAbout(event, about, this.#about && aboutNow(this.#about));
    const whole = told?.event ?? event;
    const draft = new Draft(
      this,
      this.#redact === undefined ? whole : redactedBy(this.#redact, whole, this.kinds),
      spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
      this.#now(),
      told?.given,
    );
    if (draft.given !== undefined) draft.entry = this.#given.repeated(draft.given, draft.event);
    return draft;
  }

  /**
   * Seals a draft with the next sequence and records it, in this order: room in the mirrors,
   * journal, memory, mirrors. What fails before memory leaves no trace.
   *
   * @param record - The SDK's record of the draft. Afterwards it says what was sealed.
   * @param bare - Whether all other attributes are removed from the record.
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
    const { given } = draft;
    if (given !== undefined && this.#given.repeated(given, draft.event) !== undefined)
      throw new AuditError(
        "not_recorded",
        "a processor ahead of the audit log recorded an entry with this id; nothing more was",
      );
    const sealed = sealEntry(draft.event, {
      log: this.id,
      sequence: this.#next,
      id: given?.id ?? randomUuid(),
      recordedMillis: draft.recordedMillis,
      traceId: draft.spanContext?.traceId,
      spanId: draft.spanContext?.spanId,
    });
    const { time, undone } = this.#times.next(draft.recordedMillis);
    if (this.journal !== undefined && !this.#observed) this.#observe();
    const row = this.journal && journalRow(sealed, time, draft, record);
    if (row !== undefined && this.#group === undefined) this.journal?.append(row);
    this.memory.append(
      sealed.entry,
      sealed.timestampMillis,
      this.#bytesMatter ? Buffer.byteLength(sealed.line) : 0,
    );
    draft.entry = sealed.entry;
    const isHere = this.journal === undefined || this.#group !== undefined;
    if (given !== undefined && isHere) this.#given.add(given, sealed.entry);
    this.#next++;
    this.#accepted++;
    this.#times.keep(time);
    const handover = this.#write(record, sealed, time, bare)
      ? this.mirrors.handover(record, context)
      : undefined;
    if (row !== undefined && this.#group !== undefined)
      this.#group.add(row, () => {
        if (given !== undefined) this.#given.forget(given);
        this.#committed(handover);
      });
    else this.#committed(handover);
    // last, since whoever hears it may log
    if (undone !== undefined) this.report(clockJumped(undone, time, sealed.entry.sequence));
  }

  #committed(handover: Handover | undefined): void {
    this.memory.trim(); // memory held on to what was not committed
    this.mirrors.handOn(handover);
    this.checkpointer?.onCommitted();
  }

  #observe(): void {
    this.#observed = true;
    const self = new WeakRef(this); // a meter holds on to its callbacks
    observeJournal(this.#meterProvider(), this.id, () => {
      const log = self.deref();
      if (log?.journal === undefined) return undefined;
      const walBytes = bytesOf(`${log.journal.path}-wal`);
      return { lagMillis: log.#group?.lagMillis ?? 0, walBytes };
    });
  }

  /** Answers whether the record says now what was sealed. */
  #write(record: ReadWriteLogRecord, sealed: SealedEntry, time: HrTime, bare: boolean): boolean {
    try {
      if (bare) for (const key of Object.keys(record.attributes)) delete record.attributes[key];
      writeSeal(record, sealed, this.id, time);
      return true;
    } catch (cause) {
      const message =
        `sequence ${sealed.entry.sequence} is recorded, but a processor ahead made its record ` +
        "read-only; no mirror was handed it";
      this.report(new AuditError("delivery_failed", message, { cause }));
      return false;
    }
  }

  /** Records what the app's own logger emitted. Never throws: a failure is reported and counted. */
  commitForeign(record: ReadWriteLogRecord, context: Context | undefined): void {
    try {
      const draft = this.draft(validateEvent(foreignEvent(record), this.kinds), record.spanContext);
      // what the hook took away must not go on in the attributes that it came from
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

  #checkpointerOf({ keys, checkpointEvery, clock }: ResolvedOptions): Checkpointer | undefined {
    if (this.journal === undefined || keys.length === 0) return undefined;
    return new Checkpointer({
      journal: this.journal,
      group: this.#group,
      keys,
      every: checkpointEvery,
      now: clock,
      report: this.report,
      handOn: (checkpoint) =>
        this.mirrors.handOn(this.mirrors.handover(checkpointRecord(checkpoint), undefined)),
    });
  }

  /** Takes the journal's newest entries into memory, and gives each mirror its outbox. */
  #continue(journal: Journal, { maxEntries, mirrors }: ResolvedOptions): void {
    inUse.add(journal);
    this.#next = journal.length;
    this.#times = new RecordedTimes(journal.lastTime, journal.earlierTimes());
    this.retention.finishAnnounced();
    for (const { entry, timestampMillis, bytes } of journal.newest(maxEntries))
      this.memory.append(entry, timestampMillis, bytes);
    for (const mirror of mirrors)
      if (isReliable(mirror))
        mirror.useSpool(journal.outbox(mirror.name, { backfill: mirror.backfill }));
    this.mirrors.useHistory(() => allEntries(journal));
  }

  /** Lets go of the journal, and closes it if it was opened for this log. */
  #closeJournal(isOwned: boolean): void {
    if (this.journal === undefined) return;
    inUse.delete(this.journal);
    this.reader.release();
    this.#group?.stop();
    if (isOwned) this.journal.close();
  }
}

function journalRow(
  { entry, line, timestampMillis }: SealedEntry,
  time: HrTime,
  { spanContext, given }: Draft,
  { resource, instrumentationScope }: ReadWriteLogRecord,
): JournalRow {
  const traceFlags = spanContext?.traceFlags;
  return {
    entry,
    line,
    time,
    timestampMillis,
    traceFlags,
    resource,
    scope: instrumentationScope,
    ofOption: given?.ofOption,
  };
}

/** Asks the option `about`. Throws `invalid_entry` when it throws. */
function aboutNow(about: () => AboutEveryCall | undefined): AboutEveryCall | undefined {
  let told: AboutEveryCall | undefined;
  try {
    told = about();
  } catch (cause) {
    throw invalidEntry("about", "the hook threw", cause);
  }
  if (told instanceof Promise) {
    told.catch(() => {}); // it is refused, so what it rejects with matters to nobody
    throw invalidEntry("about", "the hook must not be asynchronous");
  }
  return told;
}

function clockJumped(undone: HrTime, time: HrTime, sequence: number): AuditError {
  const [wrong, now] = [undone, time].map(([seconds]) => new Date(seconds * 1000).toISOString());
  return new AuditError(
    "clock_failed",
    `clock: it had jumped ahead to ${wrong}, and shows ${now} again. Entries before the sequence ` +
      `${sequence} keep the wrong time, and later ones have the right one. See to the clock`,
    { field: "clock" },
  );
}

/**
 * What the app's hook makes of a copy of the event.
 *
 * @throws {@link AuditError} `invalid_entry` when the hook throws, or answers what cannot be
 * recorded.
 */
function redactedBy(
  redact: (event: AuditEvent) => AuditEvent,
  event: ValidEvent,
  kinds: KnownKinds,
): ValidEvent {
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
  const { operation } = event;
  const redacted = validateEvent(answer, kinds, isLogOperation(operation) ? operation : undefined);
  if (redacted.operation !== event.operation)
    throw invalidEntry("redact", "the hook must keep the operation");
  return withRetention(redacted, event);
}
