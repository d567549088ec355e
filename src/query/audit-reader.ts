import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditQuery, ParsedQuery } from "./audit-query.js";

/**
 * Answers queries over a log. Every reader of the same entries gives the same answer to the same
 * query.
 */
export interface AuditReader {
  /**
   * The entries of a query, newest first unless it says otherwise, at most its limit. Throws
   * `invalid_query`.
   */
  entries(query?: AuditQuery): AuditEntry[];
  /** The same with the cursor of the next page. Throws `invalid_query`. */
  page(query?: AuditQuery): AuditPage;
  /** How many entries a query matches, its limit aside. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number;
  /** The entry of a sequence, where the reader holds it. */
  get(sequence: number): AuditEntry | undefined;
  /** The canonical lines of all entries held, oldest first, without line ends. */
  lines(): Iterable<string>;
}

/** One page of a query's answer. */
export interface AuditPage {
  readonly entries: AuditEntry[];
  /**
   * The cursor of the next page: its `before` (newest first) or `after` (oldest first); absent on
   * the last page.
   */
  readonly next?: number;
}

/**
 * Makes one page, and says whether there is another: asks `select` for one entry more than the page
 * holds.
 *
 * @param select - Answers the entries of the query in its order, at most its limit.
 */
export function pageOf(
  query: ParsedQuery,
  select: (query: ParsedQuery) => AuditEntry[],
): AuditPage {
  const found = select({ ...query, limit: query.limit + 1 });
  const entries = found.slice(0, query.limit);
  const last = entries.at(-1);
  return found.length > entries.length && last !== undefined
    ? { entries, next: last.sequence }
    : { entries };
}
