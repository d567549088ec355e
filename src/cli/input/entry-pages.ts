import type { AuditEntry } from "../../entry/audit-entry.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { AuditPage } from "../../query/audit-reader.js";

/** Where entries come from: a journal, at once, or a backend. */
export interface PagedEntries {
  page(query: AuditQuery): AuditPage | Promise<AuditPage>;
}

/** Entries that are in memory at a time. */
const PAGE = 512;

/**
 * The entries of a query in its order, some at a time, so that their number does not matter.
 *
 * @param limit - How many at the most, Infinity for all.
 */
export async function* entryPages(
  reader: PagedEntries,
  query: AuditQuery,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<AuditEntry[], void, undefined> {
  const cursor = query.order === "oldest" ? "after" : "before";
  let left = limit;
  let rest = query;
  for (;;) {
    const { entries, next } = await reader.page({ ...rest, limit: Math.min(PAGE, left) });
    yield entries;
    left -= entries.length;
    if (next === undefined || left <= 0) return;
    rest = { ...rest, [cursor]: next };
  }
}
