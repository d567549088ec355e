import type { AuditEntry } from "../../entry/audit-entry.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { EntryReader } from "./source.js";

/** How many entries are in memory at a time. */
const PAGE = 512;

/**
 * Reads the entries of a query in its order, page by page, so that their number does not matter.
 *
 * @param limit - At most so many; Infinity for all.
 */
export async function* entryPages(
  reader: Pick<EntryReader, "page">,
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
