import type { AuditEntry, FoundEntry } from "../entry/audit-entry.js";
import type { JsonObject } from "../entry/json.js";
import type { AuditQuery, OperationQuery, ParsedQuery } from "./audit-query.js";

/**
 * Answers queries over a log. Every reader of the same entries gives the same answer to the same
 * query. A reader of a journal, or of a log with one, also throws `journal_failed` and `closed`.
 */
export interface AuditReader {
  /**
   * Returns the entries of a query, at most its limit. Newest first is the default. Throws
   * `invalid_query`. A query that names its operation gives entries of that type.
   */
  entries<Name extends string>(query: OperationQuery<Name>): FoundEntry<Name>[];
  /** The same for a query that may find any operation. */
  entries(query?: AuditQuery): AuditEntry[];
  /** Returns the same entries with the cursor of the next page. Throws `invalid_query`. */
  page<Name extends string>(query: OperationQuery<Name>): AuditPage<FoundEntry<Name>>;
  /** The same for a query that may find any operation. */
  page(query?: AuditQuery): AuditPage;
  /** Counts the entries that a query matches, without its limit. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number;
  /** Returns the entry of a sequence, if the reader holds it. */
  get(sequence: number): AuditEntry | undefined;
  /** Returns the canonical lines of all entries that it holds, oldest first, without line ends. */
  lines(): Iterable<string>;
}

/** One page of the answer to a query. */
export interface AuditPage<Entry = AuditEntry> {
  readonly entries: Entry[];
  /**
   * Present when the answer may be short: the query asks for entries before this sequence, and they
   * are gone. A log without a journal has evicted them from memory; a journal has pruned them.
   */
  readonly evictedBefore?: number;
  /**
   * The cursor of the next page: give it as `before` (newest first) or `after` (oldest first).
   * Absent on the last page.
   */
  readonly next?: number;
}

/**
 * Makes one page, and says whether there is another: asks `select` for one entry more than the page
 * holds.
 *
 * @param select - Answers the entries of the query in its order, at most its limit.
 * @param first - The first sequence that the reader has not lost, asked after the entries.
 */
export function pageOf(
  query: ParsedQuery,
  select: (query: ParsedQuery) => AuditEntry[],
  first: () => number = () => 0,
): AuditPage {
  const found = select({ ...query, limit: query.limit + 1 });
  const entries = found.slice(0, query.limit);
  const last = entries.at(-1);
  const evictedBefore = first();
  return {
    entries,
    ...(found.length > entries.length && last !== undefined && { next: last.sequence }),
    ...(evictedBefore > query.after + 1 && { evictedBefore }),
  };
}

/** How many entries of a reader are in memory at a time. */
const PAGE = 1000;

/** All entries of a reader, oldest first. */
export function* allEntries(
  reader: Pick<AuditReader, "page">,
): Generator<AuditEntry, void, undefined> {
  let after: number | undefined;
  do {
    const { entries, next } = reader.page({ order: "oldest", limit: PAGE, after });
    yield* entries;
    after = next;
  } while (after !== undefined);
}

/** Whether an entry meets all conditions of a query. */
export function matches(entry: AuditEntry, query: ParsedQuery): boolean {
  const { sequence } = entry;
  if (sequence <= query.after || sequence >= query.before) return false;
  for (const { column, values } of query.columns) {
    const value = entry[column];
    if (value === undefined || !values.includes(value)) return false;
  }
  const millis = Date.parse(entry.timestamp);
  return millis >= query.sinceMillis && millis < query.untilMillis && passesFilters(entry, query);
}

/** Whether an entry meets the conditions that no reader has an index for. */
export function passesFilters(
  { traceId, details }: AuditEntry,
  query: Pick<ParsedQuery, "details" | "traceId">,
): boolean {
  if (query.traceId !== undefined && traceId !== query.traceId) return false;
  const held: JsonObject = details;
  return query.details.every(({ key, value }) => Object.hasOwn(held, key) && held[key] === value);
}
