import type { AuditEntry } from "../entry/audit-entry.js";
import type { ParsedQuery } from "./audit-query.js";

/** One page of a query's answer. */
export interface AuditPage {
  readonly entries: AuditEntry[];
  /** The cursor of the next page: its `before` (newest first) or `after` (oldest first); absent on the last page. */
  readonly next?: number;
}

/**
 * One page, and whether there is another: asks `select` for one entry more than the page holds.
 *
 * @param select - Entries of the query in its order, as many as its limit.
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
