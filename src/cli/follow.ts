import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditEntry } from "../entry/audit-entry.js";
import { AuditError } from "../errors.js";
import type { Journal } from "../journal/journal.js";
import type { AuditQuery } from "../query/audit-query.js";
import type { CommandIo } from "./command-io.js";
import { entryPages } from "./entry-pages.js";

/** Between two looks at the journal, in milliseconds. */
const PAUSE = 250;

/**
 * The entries of a query from a sequence on, as they are appended. Ends by throwing alone: when a signal comes, or with
 * `journal_failed` when something else is at the path, since nobody appends to what was there.
 */
export function follow(
  journal: Journal,
  query: AuditQuery,
  from: number,
  { signal }: Pick<CommandIo, "signal">,
): AsyncIterable<AuditEntry[]> {
  return appended(journal, query, from, signal, placeOf(journal.path));
}

async function* appended(
  journal: Journal,
  query: AuditQuery,
  from: number,
  signal: AbortSignal,
  place: string,
): AsyncGenerator<AuditEntry[], never, undefined> {
  for (let next = from; ; ) {
    await delay(PAUSE, undefined, { signal });
    const { length } = journal;
    const after = Math.max(query.after ?? -1, next - 1);
    const before = Math.min(query.before ?? length, length);
    if (length > next) yield* entryPages(journal, { ...query, order: "oldest", after, before });
    next = length;
    if (placeOf(journal.path) !== place)
      throw new AuditError(
        "journal_failed",
        `journal: ${journal.path} was deleted, moved or replaced`,
      );
  }
}

function placeOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return `${stat?.dev} ${stat?.ino}`;
}
