import type { ColumnName } from "../entry/columns.js";
import { AuditError } from "../errors.js";
import type { EvidenceItem } from "../integrity/evidence.js";
import type { ParsedQuery } from "../query/audit-query.js";
import { matches } from "../query/audit-reader.js";
import { quoted } from "../text/safe-text.js";
import { checkpointsOf, entriesOf, logqlEndingIn, logqlOf, shownRecordsOf } from "./logql.js";
import { LokiEndpoint } from "./loki-endpoint.js";
import {
  entryOfRecord,
  invalidRecord,
  isCheckpoint,
  isOfNoLog,
  LABELS,
  type LokiEntry,
  type LokiRecord,
  labelOf,
} from "./loki-record.js";
import {
  type LokiAuditReaderOptions,
  type ResolvedLokiOptions,
  resolveLokiOptions,
} from "./options.js";
import { RecordCheck } from "./record-check.js";
import { RecordPages, type RecordWalk, tooMany } from "./record-pages.js";

const DAY_MILLIS = 86_400_000;
/** Clocks differ. Loki itself takes records from up to 10 minutes ahead. */
const AHEAD_MILLIS = 1_800_000;
const NANOS = 1_000_000n;
/** There may be one checkpoint for so many records. */
const RECORDS_A_CHECKPOINT = 10;
/** The time of one entry in so many is remembered. */
const TIMES_EVERY = 1024;

/**
 * A log in Loki: its records, read page by page, and the entries in them, each checked.
 *
 * Reading throws `AuditError` `delivery_failed` if Loki does not answer, `invalid_evidence` for a
 * record that is not an entry as it was sealed, and `invalid_options` for a second log or a
 * selector that Loki cannot read.
 */
export class LokiLog {
  readonly #options: ResolvedLokiOptions;
  readonly #endpoint: LokiEndpoint;
  readonly #times = new KnownTimes();
  #logId: string | undefined;

  /** Sends no request yet. Throws `AuditError` `invalid_options`. */
  constructor(options: LokiAuditReaderOptions) {
    this.#options = resolveLokiOptions(options);
    const { url, headers, timeoutMillis, logId } = this.#options;
    this.#endpoint = new LokiEndpoint(url, headers, timeoutMillis);
    this.#logId = logId;
  }

  /** How many records one question may read. */
  get maxRecords(): number {
    return this.#options.maxRecords;
  }

  /**
   * The entries that a query matches, in its order, each once.
   *
   * @param wanted - How many are wanted, Infinity for all. The caller ends the loop.
   */
  async *matching(
    query: ParsedQuery,
    wanted: number,
    signal?: AbortSignal,
  ): AsyncGenerator<LokiEntry, void, undefined> {
    const { newestFirst, before, after } = query;
    const logql = logqlOf(this.#options.selector, this.#options.logId, query);
    if (logql === undefined) return;
    const walk = this.#walk(logql, newestFirst, wanted);
    const pages = this.#pages({ ...walk, ...this.#times.within(walk, after, before) }, signal);
    for await (const found of this.#entries(pages, newestFirst)) {
      if (found.entry.sequence % TIMES_EVERY === 0) this.remember(found);
      if (matches(found.entry, query)) yield found;
    }
  }

  /**
   * The different values of a column that end in a text after a `:` or `/`, at most `most`. Each of
   * them takes one record, and Loki looks through the rest: how many entries have it makes no
   * difference here.
   */
  async valuesEndingIn(
    column: ColumnName,
    text: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const { selector, logId } = this.#options;
    const values: string[] = [];
    while (values.length < most) {
      const logql = logqlEndingIn(selector, logId, { column, value: text }, values);
      if (logql === undefined) break;
      let found: string | undefined;
      for await (const { entry } of this.#entries(
        this.#pages(this.#walk(logql, true, 1), signal),
        true,
      )) {
        found = entry[column];
        break;
      }
      // an entry without the value that Loki found it by was altered, which verify says
      if (found === undefined || values.includes(found)) break;
      values.push(found);
    }
    return values;
  }

  /** All entries, oldest first, each once. */
  entries(signal?: AbortSignal): AsyncGenerator<LokiEntry, void, undefined> {
    const { selector, logId } = this.#options;
    return this.#entries(this.#pages(this.#walk(entriesOf(selector, logId)), signal), false);
  }

  /** The signed notes of all checkpoints, each once, by time of recording. They are not checked. */
  async *checkpoints(
    newestFirst: boolean,
    signal?: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    const { selector, logId } = this.#options;
    const walk = this.#walk(checkpointsOf(selector, logId), newestFirst);
    let last: string | undefined;
    let count = 0;
    for await (const records of this.#pages(walk, signal))
      for (const record of records) {
        this.#admit(labelOf(record, LABELS.logId) ?? "");
        this.#boundCheckpoints(++count);
        if (record.line !== last) yield record.line;
        last = record.line;
      }
  }

  /** All records, oldest first, as evidence: they are not checked. */
  async *evidence(signal?: AbortSignal): AsyncGenerator<EvidenceItem, void, undefined> {
    const { selector, logId } = this.#options;
    const check = new RecordCheck();
    let checkpoints = 0;
    for await (const records of this.#pages(this.#walk(shownRecordsOf(selector, logId)), signal))
      for (const record of records) {
        if (!isOfNoLog(record)) this.#admit(labelOf(record, LABELS.logId) ?? "");
        if (isCheckpoint(record)) this.#boundCheckpoints(++checkpoints);
        yield* check.evidenceOf(record);
      }
  }

  /** Remembers the time of an entry, so that a question that starts there searches less. */
  remember({ entry, nanos }: LokiEntry): void {
    this.#times.add(entry.sequence, nanos);
  }

  /** Delivery is at least once, so Loki can hold an entry several times. */
  async *#entries(
    pages: AsyncIterable<readonly LokiRecord[]>,
    newestFirst: boolean,
  ): AsyncGenerator<LokiEntry, void, undefined> {
    let last: LokiEntry | undefined;
    for await (const records of pages) {
      for (const record of records) {
        const found = entryOfRecord(record);
        this.#admit(found.logId);
        if (last !== undefined && isDuplicate(last, found, newestFirst)) continue;
        last = found;
        yield found;
      }
    }
  }

  /** Refuses a second log: the sequences of two logs would be mixed. */
  #admit(logId: string): void {
    this.#logId ??= logId;
    if (logId === this.#logId) return;
    const logs = `${quoted(this.#logId)} and ${quoted(logId)}`;
    const message = `logId: the selector finds records of the logs ${logs}; choose one`;
    throw new AuditError("invalid_options", message, { field: "logId" });
  }

  /** The verifier keeps them, and a note can be long. */
  #boundCheckpoints(count: number): void {
    const most = Math.ceil(this.#options.maxRecords / RECORDS_A_CHECKPOINT);
    if (count > most) throw tooMany(most, "checkpoints");
  }

  #walk(query: string, newestFirst = false, wanted = Number.POSITIVE_INFINITY): RecordWalk {
    const now = Date.now();
    const start = BigInt(Math.max(0, now - this.#options.lookbackDays * DAY_MILLIS)) * NANOS;
    return { query, newestFirst, wanted, start, end: BigInt(now + AHEAD_MILLIS) * NANOS };
  }

  #pages(walk: RecordWalk, signal: AbortSignal | undefined): ReturnType<RecordPages["of"]> {
    return new RecordPages(this.#endpoint, this.#options.maxRecords, signal).of(walk);
  }
}

/**
 * Whether an entry is the one before it once more. Duplicates stand together, since a record keeps
 * its time when it is sent again.
 *
 * @throws `AuditError` `invalid_evidence` for two entries of one sequence, and for a sequence out
 * of order: a page would pass over entries.
 */
function isDuplicate(
  { entry: last }: LokiEntry,
  { entry }: LokiEntry,
  newestFirst: boolean,
): boolean {
  if (entry.id === last.id && entry.leafHash === last.leafHash) return true;
  if (entry.sequence === last.sequence)
    throw invalidRecord(`there are two entries of sequence ${entry.sequence}`);
  if (entry.sequence < last.sequence !== newestFirst)
    throw invalidRecord(
      `by the times of their records, entry ${entry.sequence} stands behind entry ${last.sequence}`,
    );
  return false;
}

/** How many times are remembered. */
const MAX_TIMES = 256;

/** In nanoseconds. The end is exclusive. */
export interface TimeRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The times at which entries were recorded, as far as they were seen. Times rise with sequences, so
 * a question about sequences need not search all times. Loki 3.7.6 takes 0.4 to 1.7 s for 30 days
 * that hold nothing, on 2 cores (measured).
 */
export class KnownTimes {
  readonly #times = new Map<number, bigint>();

  /** Remembers the time of a sequence, in nanoseconds. */
  add(sequence: number, nanos: bigint): void {
    if (this.#times.has(sequence)) return;
    // the first entry bounds every question, so it stays
    const oldest = [...this.#times.keys()].find((known) => known !== 0);
    if (this.#times.size === MAX_TIMES && oldest !== undefined) this.#times.delete(oldest);
    this.#times.set(sequence, nanos);
  }

  /** The part of a range that can hold entries with sequences above `after` and below `before`. */
  within({ start, end }: TimeRange, after: number, before: number): TimeRange {
    let [first, last] = [start, end];
    for (const [sequence, nanos] of this.#times) {
      if (sequence <= after + 1 && nanos > first) first = nanos;
      if (sequence >= before - 1 && nanos < last) last = nanos + 1n;
    }
    return { start: first, end: last };
  }
}
