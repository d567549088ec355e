import type { AuditEntry } from "../entry/audit-entry.js";
import type { EvidenceItem, EvidenceSource } from "../integrity/evidence.js";
import { type AuditQuery, type ParsedQuery, parseQuery } from "../query/audit-query.js";
import type { AuditPage } from "../query/audit-reader.js";
import type { LokiEntry } from "./entry-of-record.js";
import { entryStream } from "./entry-stream.js";
import { evidenceOf } from "./evidence.js";
import { KnownTimes } from "./known-times.js";
import { LABELS } from "./labels.js";
import { entriesOf, logqlOf, recordsOf } from "./logql.js";
import { labelOf } from "./loki-answer.js";
import { LokiEndpoint } from "./loki-endpoint.js";
import { matches } from "./matches.js";
import { OneLog } from "./one-log.js";
import {
  type LokiAuditReaderOptions,
  type ResolvedLokiOptions,
  resolveLokiOptions,
} from "./options.js";
import { RecordPages, type RecordWalk } from "./record-pages.js";

/** What a single question can be given. */
export interface LokiReadOptions {
  /** Ends the question, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const DAY_MILLIS = 86_400_000;
/** Clocks differ; Loki itself takes records from up to 10 minutes ahead. */
const AHEAD_MILLIS = 1_800_000;
const NANOS = 1_000_000n;
/** Of so many entries the time of one is remembered, and that of each cursor. */
const TIMES_EVERY = 1024;

/**
 * Reads a log where it was mirrored to: answers from Loki what memory and journal answer to the same `AuditQuery`,
 * asynchronously. Entries are made from the lines alone, each checked against the leaf hash that was stored with it;
 * whether the log is whole, `verify` of `quorumlog/verify` says by {@link LokiAuditReader.evidence}.
 *
 * Loki has a record when the mirror has delivered it. What was recorded before `lookbackDays` is not there for the reader.
 *
 * All methods reject with `AuditError` `invalid_query`; `delivery_failed` when Loki could not be asked, or answered
 * something else, after some attempts; `invalid_evidence` when a record is no entry as it was sealed, or stands at another
 * place than its sequence; `invalid_options` when Loki cannot read the selector, or it finds two logs.
 *
 * @example The newest rejections of a federation
 * ```ts
 * import { LokiAuditReader } from "quorumlog/loki";
 *
 * const reader = new LokiAuditReader({ url: "http://localhost:3100", selector: '{service_name="federation"}' });
 * for (const { sequence, proposalId } of await reader.entries({ decision: "rejected", limit: 10 }))
 *   console.log(sequence, proposalId);
 * ```
 */
export class LokiAuditReader {
  readonly #options: ResolvedLokiOptions;
  readonly #endpoint: LokiEndpoint;
  readonly #log: OneLog;
  readonly #times = new KnownTimes();

  /** Asks nothing yet. Throws `AuditError` `invalid_options`. */
  constructor(options: LokiAuditReaderOptions) {
    this.#options = resolveLokiOptions(options);
    const { endpoint, headers, timeoutMillis, logId } = this.#options;
    this.#endpoint = new LokiEndpoint(endpoint, headers, timeoutMillis);
    this.#log = new OneLog(logId);
  }

  /** The entries of a query, newest first unless it says otherwise, at most its limit. */
  async entries(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditEntry[]> {
    const parsed = parseQuery(query);
    return (await this.#first(parsed, parsed.limit, options)).map(({ entry }) => entry);
  }

  /** The same with the cursor of the next page. */
  async page(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditPage> {
    const parsed = parseQuery(query);
    const found = await this.#first(parsed, parsed.limit + 1, options);
    const held = found.slice(0, parsed.limit);
    const entries = held.map(({ entry }) => entry);
    const last = held.at(-1);
    if (last === undefined || found.length === held.length) return { entries };
    this.#times.add(last.entry.sequence, last.nanos);
    return { entries, next: last.entry.sequence };
  }

  /** How many entries a query matches, its limit aside; reads them all, since Loki counts what was sent twice as two. */
  async count(query?: Omit<AuditQuery, "limit">, options?: LokiReadOptions): Promise<number> {
    let count = 0;
    for await (const _ of this.#matching(parseQuery(query), Number.POSITIVE_INFINITY, options))
      count++;
    return count;
  }

  /** The entry of a sequence, where Loki has it. */
  async get(sequence: number, options?: LokiReadOptions): Promise<AuditEntry | undefined> {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
    const query: ParsedQuery = { ...parseQuery(), after: sequence - 1, before: sequence + 1 };
    return (await this.#first(query, 1, options))[0]?.entry;
  }

  /** The canonical lines of all entries, oldest first, without line ends. */
  async *lines(options?: LokiReadOptions): AsyncGenerator<string, void, undefined> {
    const { selector, logId } = this.#options;
    const walk = this.#walk(entriesOf(selector, logId), false, Number.POSITIVE_INFINITY);
    for await (const { line } of entryStream(this.#pages(walk, options), false, this.#log))
      yield line;
  }

  /**
   * All that Loki has of the log, oldest first, for `verify`: lines as they stand there with their leaf hashes,
   * and checkpoints. Only what the verifier cannot see is checked, whether the structured metadata of an entry, by
   * which it is found, say what its line says.
   */
  evidence(options?: LokiReadOptions): EvidenceSource {
    return { ordered: false, [Symbol.asyncIterator]: () => this.#evidence(options) };
  }

  async *#evidence(
    options: LokiReadOptions | undefined,
  ): AsyncGenerator<EvidenceItem, void, undefined> {
    const { selector, logId } = this.#options;
    const walk = this.#walk(recordsOf(selector, logId), false, Number.POSITIVE_INFINITY);
    for await (const records of this.#pages(walk, options))
      for (const record of records) {
        this.#log.admit(labelOf(record, LABELS.logId) ?? "");
        yield evidenceOf(record);
      }
  }

  async #first(
    query: ParsedQuery,
    limit: number,
    options: LokiReadOptions | undefined,
  ): Promise<LokiEntry[]> {
    const found: LokiEntry[] = [];
    if (query.limit === 0) return found;
    for await (const one of this.#matching(query, limit, options))
      if (found.push(one) === limit) break;
    return found;
  }

  async *#matching(
    query: ParsedQuery,
    wanted: number,
    options: LokiReadOptions | undefined,
  ): AsyncGenerator<LokiEntry, void, undefined> {
    const { newestFirst, before, after } = query;
    const logql = logqlOf(this.#options.selector, this.#options.logId, query);
    if (logql === undefined) return;
    const walk = this.#walk(logql, newestFirst, wanted);
    const pages = this.#pages({ ...walk, ...this.#times.within(walk, after, before) }, options);
    for await (const one of entryStream(pages, newestFirst, this.#log)) {
      const { sequence } = one.entry;
      if (sequence % TIMES_EVERY === 0) this.#times.add(sequence, one.nanos);
      if (matches(one.entry, query)) yield one;
    }
  }

  #walk(query: string, newestFirst: boolean, wanted: number): RecordWalk {
    const now = Date.now();
    const start = BigInt(Math.max(0, now - this.#options.lookbackDays * DAY_MILLIS)) * NANOS;
    return { query, newestFirst, wanted, start, end: BigInt(now + AHEAD_MILLIS) * NANOS };
  }

  #pages(walk: RecordWalk, options: LokiReadOptions | undefined): ReturnType<RecordPages["of"]> {
    options?.signal?.throwIfAborted();
    return new RecordPages(this.#endpoint, options?.signal).of(walk);
  }
}
