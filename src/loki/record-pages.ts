import { setTimeout } from "node:timers/promises";
import type { AuditError } from "../errors.js";
import { backoffMillis } from "../http/backoff.js";
import { lokiFailed } from "./failure.js";
import { withoutContent } from "./logql.js";
import type { IngesterStats, LokiRecord } from "./loki-answer.js";
import type { LokiEndpoint, LokiOutcome, LokiQuestion } from "./loki-endpoint.js";

/** What is walked through. */
export interface RecordWalk {
  /** LogQL. */
  readonly query: string;
  /** In nanoseconds, inclusive. */
  readonly start: bigint;
  /** In nanoseconds, exclusive. */
  readonly end: bigint;
  readonly newestFirst: boolean;
  /** How many records are wanted, Infinity for all: the first page is no larger. */
  readonly wanted: number;
}

/** Loki's `max_entries_limit_per_query`. */
const MAX_PAGE = 5000;
/** What a page should have in bytes of its answer; Loki's limit for gRPC is 4 MiB unless it is raised. */
const PAGE_BYTES = 2_097_152;
/**
 * A page of so many records fits in any case: 64 KiB of line and as many of metadata are still below that limit.
 */
const SAFE_PAGE = 31;
/** Records that an ingester sends in one batch. */
const BATCH = 128;
/** Of a first page at the most: with 32 KiB each, it is still below what a Loki takes that was not configured. */
const FIRST_PAGE = BATCH;
/** A page is at the most so many times the one before. */
const GROWTH = 4;

const HOUR_NANOS = 3_600_000_000_000n;
/** 30 days and half an hour; Loki's `max_query_length` is 30 days and an hour. */
const MAX_RANGE_NANOS = 30n * 24n * HOUR_NANOS + HOUR_NANOS / 2n;

/** What is asked first: mostly it holds a page, and Loki is slow to leave off a longer one (measured: 30 ms or 4 s). */
const FIRST_RANGE_NANOS = 24n * HOUR_NANOS;
/** A range is so many times the one before, when that was not enough. */
const RANGE_GROWTH = 31n;

/** Attempts at one page. */
const ATTEMPTS = 5;
const BACKOFF = { initialMillis: 500, maxMillis: 8000 };
/** A longer Retry-After is for the caller to wait. */
const MAX_WAIT_MILLIS = 30_000;

/**
 * The records of a walk in the order of their times, page by page, past Loki's limits for one query: of records, of time
 * and of bytes. A page begins in the nanosecond that the one before has ended in, so that none is passed over.
 */
export class RecordPages {
  readonly #endpoint: LokiEndpoint;
  readonly #signal: AbortSignal | undefined;
  #range = FIRST_RANGE_NANOS;
  #longest = MAX_RANGE_NANOS;
  #size = FIRST_PAGE;
  #most = MAX_PAGE;

  /** Pages of an endpoint, for one walk. */
  constructor(endpoint: LokiEndpoint, signal: AbortSignal | undefined) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /** Rejects with `delivery_failed`, `invalid_options` for a selector that Loki cannot read, or the signal's reason. */
  async *of(walk: RecordWalk): AsyncGenerator<LokiRecord[], void, undefined> {
    const { newestFirst } = walk;
    let { start, end } = walk;
    let edge: readonly LokiRecord[] = [];
    let least = 1;
    this.#size = Math.min(FIRST_PAGE, walk.wanted);
    while (start < end) {
      const { asked, records } = await this.#page({ ...walk, start, end }, least);
      const seen = new Set(edge.map(keyOf));
      const fresh =
        seen.size === 0 ? records : records.filter((record) => !seen.has(keyOf(record)));
      if (fresh.length > 0) yield fresh;
      const last = records.at(-1);
      if (last === undefined || records.length < asked.limit) {
        edge = [];
        least = 1;
        this.#range *= RANGE_GROWTH;
        if (this.#range > this.#longest) this.#range = this.#longest;
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

  /** One page in the order of times, and what was asked for it in the end. */
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
      const canShorten = cure === "shorter" && this.#range > HOUR_NANOS;
      if (canShrink) this.#size = Math.floor(asked.limit / GROWTH);
      if (canShrink && cure === "fewer") this.#most = Math.max(1, this.#size);
      if (canShorten) this.#range = this.#longest = this.#range / 2n;
      const isLater = cure.endsWith("later");
      if (isLater) failures++;
      if (!(canShrink || canShorten || isLater) || failures === ATTEMPTS) throw error;
      if (retryAfterMillis > MAX_WAIT_MILLIS) throw error;
      if (isLater) await this.#wait(Math.max(retryAfterMillis, backoffMillis(BACKOFF, failures)));
    }
  }

  /**
   * Asks for a page, and where records may be missing, then for the times of the same. When what an ingester has to send is
   * over its limit for gRPC, Loki 3.7.6 answers 200 without these records and without a word, where it is asked to
   * categorize labels (measured: 70 lines of 60 KB, none came); their times alone always fit. One after the other, since
   * the time that a full page takes up is short.
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

  /** The end of what is left that comes first in the order of the walk, no longer than Loki takes. */
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
      this.#signal?.throwIfAborted(); // with its reason; the timer has one of its own
      throw error;
    }
  }
}

/**
 * Whether each ingester's records came; of a chunk that the store cannot read Loki says nothing. An ingester sends batches
 * of 128 records, and an empty one behind those when there are fewer than it was asked for: of a page of one batch all
 * records in the first, and at most one more when there are any. Were nothing of one ingester here, the others could not
 * have sent as many.
 */
function isWhole(limit: number, ingesters: IngesterStats | undefined): boolean {
  if (limit <= SAFE_PAGE) return true;
  if (limit > BATCH || ingesters === undefined) return false;
  const others = ingesters.reached - 1;
  return ingesters.batches > others + Math.min(others, ingesters.records);
}

/** The time that a page takes up: a full one ends with its last record, any other where it was asked to. */
function spanOf(
  { start, end, limit, newestFirst }: LokiQuestion,
  records: readonly LokiRecord[],
): { readonly start: bigint; readonly end: bigint } {
  const last = records.length < limit ? undefined : inOrder(records, newestFirst).at(-1)?.nanos;
  if (last === undefined) return { start, end };
  return newestFirst ? { start: last, end } : { start, end: last + 1n };
}

function heldBack(): AuditError {
  return lokiFailed("it holds back large records; raise its server.grpc_server_max_send_msg_size");
}

/** Loki groups an answer by stream. */
function inOrder(records: readonly LokiRecord[], newestFirst: boolean): LokiRecord[] {
  return [...records].sort((a, b) => {
    if (a.nanos === b.nanos) return 0;
    return a.nanos < b.nanos === newestFirst ? 1 : -1;
  });
}

function keyOf({ line, metadata, stream }: LokiRecord): string {
  return JSON.stringify([line, metadata, stream]);
}
