import type { AuditEntry, FoundEntry } from "../entry/audit-entry.js";
import type { EvidenceSource } from "../integrity/evidence.js";
import {
  type AuditQuery,
  type OperationQuery,
  type ParsedQuery,
  parseQuery,
} from "../query/audit-query.js";
import type { AuditPage } from "../query/audit-reader.js";
import { LokiLog } from "./loki-log.js";
import type { LokiEntry } from "./loki-record.js";
import type { LokiAuditReaderOptions } from "./options.js";

/** Options of a single question. */
export interface LokiReadOptions {
  /** Ends the question, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a log from the Loki that it was mirrored to. Answers the same `AuditQuery` as memory and
 * journal do, asynchronously. Entries are made from their lines alone, and each is checked against
 * the leaf hash that was stored with it. Whether the log is whole is a question for `verify` of
 * `quorumlog/verify`, with {@link LokiAuditReader.evidence}.
 *
 * Loki has a record once the mirror has delivered it. The reader does not see what was recorded
 * before `lookbackDays`.
 *
 * All methods reject with `AuditError`:
 *
 * - `invalid_query`;
 * - `delivery_failed` if Loki does not answer, or answers something else, after some attempts;
 * - `invalid_evidence` if a record is not an entry as it was sealed, or if its time contradicts its
 *   sequence;
 * - `invalid_options` if Loki cannot read the selector, or finds two logs.
 *
 * @example The newest rejections of a federation
 * ```ts
 * import { LokiAuditReader } from "quorumlog/loki";
 *
 * const reader = new LokiAuditReader({
 *   url: "http://localhost:3100",
 *   selector: '{service_name="federation"}',
 * });
 * for (const { sequence, proposalId } of await reader.entries({ decision: "rejected", limit: 10 }))
 *   console.log(sequence, proposalId);
 * ```
 */
export class LokiAuditReader {
  /**
   * How many records one question may read, as the option of this name says. `entriesOf` of
   * `quorumlog/governance` reads no more entries, though each of its pages is a question.
   */
  readonly maxRecords: number;
  readonly #log: LokiLog;

  /** Sends no request yet. Throws `AuditError` `invalid_options`. */
  constructor(options: LokiAuditReaderOptions) {
    this.#log = new LokiLog(options);
    this.maxRecords = this.#log.maxRecords;
  }

  /**
   * The entries that a query matches, at most its limit. Newest first unless the query says
   * otherwise.
   */
  entries<Name extends string>(
    query: OperationQuery<Name>,
    options?: LokiReadOptions,
  ): Promise<FoundEntry<Name>[]>;
  /** The same for a query that may find any operation. */
  entries(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditEntry[]>;
  async entries(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditEntry[]> {
    const parsed = parseQuery(query);
    return (await this.#first(parsed, parsed.limit, options)).map(({ entry }) => entry);
  }

  /** The same with the cursor of the next page. */
  page<Name extends string>(
    query: OperationQuery<Name>,
    options?: LokiReadOptions,
  ): Promise<AuditPage<FoundEntry<Name>>>;
  /** The same for a query that may find any operation. */
  page(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditPage>;
  async page(query?: AuditQuery, options?: LokiReadOptions): Promise<AuditPage> {
    const parsed = parseQuery(query);
    const found = await this.#first(parsed, parsed.limit + 1, options);
    const shown = found.slice(0, parsed.limit);
    const entries = shown.map(({ entry }) => entry);
    const last = shown.at(-1);
    if (last === undefined || found.length === shown.length) return { entries };
    this.#log.remember(last);
    return { entries, next: last.entry.sequence };
  }

  /**
   * How many entries a query matches, regardless of its limit. Reads them all, since Loki counts a
   * record that was sent twice as two.
   */
  async count(query?: Omit<AuditQuery, "limit">, options?: LokiReadOptions): Promise<number> {
    let count = 0;
    const parsed = parseQuery(query);
    for await (const _ of this.#log.matching(parsed, Number.POSITIVE_INFINITY, options?.signal))
      count++;
    return count;
  }

  /** The entry of a sequence, if Loki has it. */
  async get(sequence: number, options?: LokiReadOptions): Promise<AuditEntry | undefined> {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return undefined;
    const query: ParsedQuery = { ...parseQuery(), after: sequence - 1, before: sequence + 1 };
    return (await this.#first(query, 1, options))[0]?.entry;
  }

  /** The canonical lines of all entries, oldest first, without line ends. */
  async *lines(options?: LokiReadOptions): AsyncGenerator<string, void, undefined> {
    for await (const { line } of this.#log.entries(options?.signal)) yield line;
  }

  /**
   * All that Loki has of the log, oldest first, for `verify`: lines with the leaf hashes that were
   * stored with them, and checkpoints. Checks only what the verifier cannot see: whether the
   * structured metadata of an entry, by which it is found, agrees with its line.
   */
  evidence(options?: LokiReadOptions): EvidenceSource {
    return { ordered: false, [Symbol.asyncIterator]: () => this.#log.evidence(options?.signal) };
  }

  async #first(
    query: ParsedQuery,
    limit: number,
    options: LokiReadOptions | undefined,
  ): Promise<LokiEntry[]> {
    const found: LokiEntry[] = [];
    if (query.limit === 0) return found;
    for await (const one of this.#log.matching(query, limit, options?.signal))
      if (found.push(one) === limit) break;
    return found;
  }
}
