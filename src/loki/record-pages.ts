import { setTimeout } from "node:timers/promises";
import type { AuditError } from "../errors.js";
import { backoffMillis } from "../http/retry.js";
import { withoutContent } from "./logql.js";
import { type IngesterStats, lokiFailed } from "./loki-answer.js";
import type { LokiEndpoint, LokiOutcome, LokiQuestion } from "./loki-endpoint.js";
import type { LokiRecord } from "./loki-record.js";

/** Which records to read. */
export interface RecordWalk {
  /** LogQL. */
  readonly query: string;
  /** In nanoseconds, inclusive. */
  readonly start: bigint;
  /** In nanoseconds, exclusive. */
  readonly end: bigint;
  readonly newestFirst: boolean;
  /** How many records are wanted, Infinity for all. The first page is no larger. */
  readonly wanted: number;
}

/** Loki's `max_entries_limit_per_query`. */
const MAX_PAGE = 5000;
/** How many bytes the answer of a page should have. Loki's limit for gRPC is 4 MiB by default. */
const PAGE_BYTES = 2_097_152;
/**
 * A page of so many records always fits: with 64 KiB of line and 64 KiB of metadata each, it is
 * below that limit.
 */
const SAFE_PAGE = 31;
/** How many records an ingester sends in one batch. */
const BATCH = 128;
/** The largest first page. With 32 KiB a record, it is below the default limit of Loki. */
const FIRST_PAGE = BATCH;
/** A page is at most so many times as large as the one before. */
const GROWTH = 4;

/** A shorter range is not tried. */
const MIN_RANGE_NANOS = 60_000_000_000n;
const HOUR_NANOS = 3_600_000_000_000n;
/** 30 days and half an hour. Loki's `max_query_length` is 30 days and an hour. */
const MAX_RANGE_NANOS = 30n * 24n * HOUR_NANOS + HOUR_NANOS / 2n;

/**
 * The first range. It mostly holds a page, and a longer range can take much longer (measured: 30 ms
 * or 4 s).
 */
const FIRST_RANGE_NANOS = 24n * HOUR_NANOS;
/** If a range did not hold a page, the next one is so many times as long. */
const RANGE_GROWTH = 31n;

/** How often one page is tried. */
const ATTEMPTS = 5;
const BACKOFF = { initialMillis: 500, maxMillis: 8000 };
/** If Loki asks for a longer wait, the caller has to decide. */
const MAX_WAIT_MILLIS = 30_000;

/**
 * Reads records in the order of their times, page by page, past Loki's limits on the records, the
 * time and the bytes of one query. A page begins in the nanosecond in which the page before ended,
 * so that no record is passed over.
 */
export class RecordPages {
  readonly #endpoint: LokiEndpoint;
  readonly #signal: AbortSignal | undefined;
  readonly #maxRecords: number;
  #range = FIRST_RANGE_NANOS;
  #longest = MAX_RANGE_NANOS;
  #size = FIRST_PAGE;
  #most = MAX_PAGE;

  /**
   * For one walk.
   *
   * @param maxRecords - A walk of more records ends with an error.
   */
  constructor(endpoint: LokiEndpoint, maxRecords: number, signal: AbortSignal | undefined) {
    this.#endpoint = endpoint;
    this.#maxRecords = maxRecords;
    this.#signal = signal;
  }

  /**
   * The pages of a walk. Rejects with `delivery_failed`, also for too many records, with
   * `invalid_options` for a selector that Loki cannot read, or with the signal's reason.
   */
  async *of(walk: RecordWalk): AsyncGenerator<LokiRecord[], void, undefined> {
    this.#signal?.throwIfAborted();
    const { newestFirst } = walk;
    let { start, end } = walk;
    let edge: readonly LokiRecord[] = [];
    let least = 1;
    let count = 0;
    this.#size = Math.min(FIRST_PAGE, walk.wanted);
    while (start < end) {
      const { asked, records } = await this.#page({ ...walk, start, end }, least);
      const seen = new Set(edge.map(keyOf));
      const fresh =
        seen.size === 0 ? records : records.filter((record) => !seen.has(keyOf(record)));
      count += fresh.length;
      if (count > this.#maxRecords) throw tooMany(this.#maxRecords, "records");
      if (fresh.length > 0) yield fresh;
      const last = records.at(-1);
      if (last === undefined || records.length < asked.limit) {
        edge = [];
        least = 1;
        this.#range *= RANGE_GROWTH;
        if (this.#range > this.#longest) this.#range = this.#longest;
        // how much Loki looks through differs from time to time
        this.#longest = this.#longest * 2n > MAX_RANGE_NANOS ? MAX_RANGE_NANOS : this.#longest * 2n;
        if (newestFirst) end = asked.start;
        else start = asked.end;
      } else {
        edge = records.filter(({ nanos }) => nanos === last.nanos);
        least = fresh.length > 0 ? edge.length + 1 : records.length * 2;
        if (least > MAX_PAGE)
          throw lokiFailed(`more than ${MAX_PAGE / 2} records of one nanosecond`);
        if (newestFirst) end = last.nanos + 1n;
        else start = last.nanos;
      }
    }
  }

  /** One page in the order of times, and the request that it answers. */
  async #page(
    walk: RecordWalk,
    least: number,
  ): Promise<{ readonly asked: LokiQuestion; readonly records: LokiRecord[] }> {
    for (let failures = 0; ; ) {
      const asked = { ...walk, ...this.#span(walk), limit: Math.max(this.#size, least) };
      const outcome = await this.#ask(asked);
      if ("records" in outcome) {
        this.#adapt(outcome.records.length, outcome.bytes);
        return { asked, records: inOrder(outcome.records, walk.newestFirst) };
      }
      const { error, cure, retryAfterMillis = 0 } = outcome;
      const canShrink = (cure === "fewer" || cure.startsWith("smaller")) && asked.limit > least;
      const span = asked.end - asked.start;
      const canShorten = cure.startsWith("shorter") && span > MIN_RANGE_NANOS;
      if (canShrink) this.#size = Math.floor(asked.limit / GROWTH);
      if (canShrink && cure === "fewer") this.#most = Math.max(1, this.#size);
      if (canShorten) this.#range = this.#longest = span / 2n;
      const isLater = cure.endsWith("later") && !canShorten;
      if (isLater) failures++;
      if (!(canShrink || canShorten || isLater) || failures === ATTEMPTS) throw error;
      if (retryAfterMillis > MAX_WAIT_MILLIS) throw error;
      if (isLater) await this.#wait(Math.max(retryAfterMillis, backoffMillis(BACKOFF, failures)));
    }
  }

  /**
   * Asks for a page and, if records may be missing, for the times of the same records.
   *
   * If the records of an ingester are over its limit for gRPC, Loki 3.7.6 answers 200 without these
   * records and does not say so, as long as it is asked to categorize labels (measured: 70 lines of
   * 60 KB, none came). Their times alone always fit. The two requests follow each other: the page
   * tells which times to ask for.
   */
  async #ask(asked: LokiQuestion): Promise<LokiOutcome> {
    const page = await this.#endpoint.ask(asked, this.#signal);
    if (!("records" in page) || isWhole(asked.limit, page.ingesters)) return page;
    const query = withoutContent(asked.query);
    const times = await this.#endpoint.ask(
      { ...asked, ...spanOf(asked, page.records), query },
      this.#signal,
    );
    if (!("records" in times)) return times;
    const held = new Set(page.records.map(({ nanos }) => nanos));
    return times.records.every(({ nanos }) => held.has(nanos))
      ? page
      : { error: heldBack(), cure: "smaller" };
  }

  /** The part of the remaining time that comes first in the walk, no longer than Loki accepts. */
  #span({ start, end, newestFirst }: RecordWalk): { readonly start: bigint; readonly end: bigint } {
    if (end - start <= this.#range) return { start, end };
    return newestFirst ? { start: end - this.#range, end } : { start, end: start + this.#range };
  }

  #adapt(records: number, bytes: number): void {
    if (records === 0) return;
    const fitting = Math.floor((PAGE_BYTES * records) / bytes);
    this.#size = Math.max(1, Math.min(fitting, this.#size * GROWTH, this.#most));
  }

  async #wait(millis: number): Promise<void> {
    try {
      await setTimeout(millis, undefined, { signal: this.#signal });
    } catch (error) {
      this.#signal?.throwIfAborted(); // with its own reason, not the timer's
      throw error;
    }
  }
}

/**
 * Whether the records of every ingester came. Loki does not report a chunk that the store cannot
 * read.
 *
 * An ingester sends batches of 128 records, and an empty batch at the end if it has fewer records
 * than were asked for. For a page of one batch, it sends all records in the first batch, and at
 * most one batch after it if there are any records. If an ingester had sent nothing, the others
 * could not have sent so many batches.
 */
function isWhole(limit: number, ingesters: IngesterStats | undefined): boolean {
  if (limit <= SAFE_PAGE) return true;
  if (limit > BATCH || ingesters === undefined) return false;
  const others = ingesters.reached - 1;
  return ingesters.batches > others + Math.min(others, ingesters.records);
}

/**
 * The time that a page covers: a full page ends with its last record, any other with its question.
 */
function spanOf(
  { start, end, limit, newestFirst }: LokiQuestion,
  records: readonly LokiRecord[],
): { readonly start: bigint; readonly end: bigint } {
  const last = records.length < limit ? undefined : inOrder(records, newestFirst).at(-1)?.nanos;
  if (last === undefined) return { start, end };
  return newestFirst ? { start: last, end } : { start, end: last + 1n };
}

/** The error for a Loki that holds more than a reader may read. */
export function tooMany(most: number, what: string): AuditError {
  return lokiFailed(
    `it has more than ${most} ${what}; read fewer days (lookbackDays), or raise maxRecords`,
  );
}

function heldBack(): AuditError {
  return lokiFailed("it holds back large records; raise its server.grpc_server_max_send_msg_size");
}

/** Sorts the records of an answer, which Loki groups by stream. */
function inOrder(records: readonly LokiRecord[], newestFirst: boolean): LokiRecord[] {
  return [...records].sort((a, b) => {
    if (a.nanos === b.nanos) return 0;
    return a.nanos < b.nanos === newestFirst ? 1 : -1;
  });
}

function keyOf({ line, metadata, stream }: LokiRecord): string {
  return JSON.stringify([line, metadata, stream]);
}
