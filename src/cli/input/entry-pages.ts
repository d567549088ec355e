import type { AuditEntry } from "../../entry/audit-entry.js";
import { type ColumnName, INDEXED_COLUMNS } from "../../entry/columns.js";
import type { AuditQuery } from "../../query/audit-query.js";
import type { EntryReader, Source } from "./source.js";

/** An `AuditQuery` in which a column may have any of several values. */
export interface EntryQuery
  extends Omit<AuditQuery, ColumnName | "limit">,
    Readonly<Partial<Record<ColumnName, readonly string[] | undefined>>> {}

/** How many entries are in memory at a time. */
const PAGE = 512;

/** How many of them one of several queries reads at once, at least. */
const LEAST = 16;

/**
 * Reads the entries of a query in its order, page by page, so that their number does not matter.
 * There is at least one page, which may be empty.
 *
 * @param limit - At most so many; Infinity for all.
 */
export function entryPages(
  reader: Pick<EntryReader, "page">,
  query: EntryQuery,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<AuditEntry[], void, undefined> {
  const queries = alternatives(query);
  const size = Math.max(LEAST, Math.floor(PAGE / queries.length));
  const parts = queries.map((one) => pagesOf(reader, one, size, limit));
  const [only] = parts;
  return only !== undefined && parts.length === 1
    ? only
    : merged(parts, query.order === "oldest" ? 1 : -1, limit);
}

/** The queries that together find what the query finds. No entry meets two of them. */
export function alternatives(query: EntryQuery): readonly AuditQuery[] {
  const { since, until, before, after, order } = query;
  let queries: readonly AuditQuery[] = [{ since, until, before, after, order }];
  for (const { name } of INDEXED_COLUMNS) {
    const values = query[name];
    if (values === undefined) continue;
    const different = [...new Set(values)];
    queries = queries.flatMap((one) => different.map((value) => ({ ...one, [name]: value })));
  }
  return queries;
}

/**
 * The query, without the entries that come while the command answers: an app may append to a
 * journal, and several questions to Loki would answer for several times.
 */
export async function upToNow(source: Source, query: EntryQuery): Promise<EntryQuery> {
  if (source.journal === undefined && alternatives(query).length === 1) return query;
  const end = source.journal?.length ?? (await source.end());
  return { ...query, before: Math.min(query.before ?? end, end) };
}

async function* pagesOf(
  reader: Pick<EntryReader, "page">,
  query: AuditQuery,
  size: number,
  limit: number,
): AsyncGenerator<AuditEntry[], void, undefined> {
  const cursor = query.order === "oldest" ? "after" : "before";
  let left = limit;
  let rest = query;
  for (;;) {
    const { entries, next } = await reader.page({ ...rest, limit: Math.min(size, left) });
    yield entries;
    left -= entries.length;
    if (next === undefined || left <= 0) return;
    rest = { ...rest, [cursor]: next };
  }
}

/** Merges pages of entries that are in the same order. */
async function* merged(
  parts: readonly AsyncGenerator<AuditEntry[], void, undefined>[],
  direction: 1 | -1,
  limit: number,
): AsyncGenerator<AuditEntry[], void, undefined> {
  let fronts = parts.map((pages) => ({ pages, entries: [] as AuditEntry[], at: 0 }));
  let page: AuditEntry[] = [];
  for (let left = limit; ; ) {
    for (const front of fronts)
      while (front.at === front.entries.length) {
        const { value, done } = await front.pages.next();
        if (done) break;
        front.entries = value;
        front.at = 0;
      }
    fronts = fronts.filter(({ entries, at }) => at < entries.length);
    // until one of them has to be read on
    for (let isRead = true; isRead && left > 0 && fronts.length > 0; left--) {
      const first = fronts.reduce((a, b) => (distance(a, b) * direction <= 0 ? a : b));
      page.push(...first.entries.slice(first.at, ++first.at));
      isRead = first.at < first.entries.length;
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (left <= 0 || fronts.length === 0) break;
  }
  yield page;
}

interface Front {
  readonly entries: readonly AuditEntry[];
  readonly at: number;
}

function distance(a: Front, b: Front): number {
  return (a.entries[a.at]?.sequence ?? 0) - (b.entries[b.at]?.sequence ?? 0);
}
