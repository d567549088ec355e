import type { AuditEntry } from "../../entry/audit-entry.js";
import type { ColumnName } from "../../entry/columns.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { EntryReader, Source } from "./source.js";

/** An `AuditQuery` in which each column is a list of values, as repeated flags give them. */
export interface EntryQuery
  extends Omit<AuditQuery, ColumnName | "limit">,
    Readonly<Partial<Record<ColumnName, readonly string[] | undefined>>> {}

/** How many entries are in memory at a time. */
const PAGE = 512;

/**
 * Reads the entries of a query in its order, page by page, so that their number does not matter.
 * There is at least one page, which may be empty.
 *
 * @param limit - At most so many; Infinity for all.
 */
export async function* entryPages(
  reader: Pick<EntryReader, "page">,
  query: EntryQuery,
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

/**
 * The query, without the entries that come while the command answers: an app may append to a
 * journal meanwhile.
 */
export function upToNow({ journal }: Source, query: EntryQuery): EntryQuery {
  if (journal === undefined) return query;
  const end = journal.length;
  return { ...query, before: Math.min(query.before ?? end, end) };
}
