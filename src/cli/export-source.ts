import type { AuditEntry } from "../entry/audit-entry.js";
import { canonicalLine, leafHash } from "../entry/canonical-line.js";
import { AuditError } from "../errors.js";
import type { Journal } from "../journal/journal.js";
import type { AuditQuery } from "../query/audit-query.js";
import { entryPages } from "./entry-pages.js";
import type { ExportSource } from "./export-format.js";
import type { Progress } from "./progress.js";

/**
 * What the journal holds at the call: an app that goes on writing does not make the export longer.
 *
 * @param query - Undefined for all of it.
 */
export function exportSource(
  journal: Journal,
  query: AuditQuery | undefined,
  progress: Progress,
): ExportSource {
  const { length } = journal;
  const before = Math.min(query?.before ?? length, length);
  const entries = function* (): Generator<AuditEntry, void, undefined> {
    for (const page of entryPages(journal, { ...query, before, order: "oldest" }))
      yield* progress.counting(page);
  };
  const selected = function* (): Generator<string, void, undefined> {
    for (const entry of entries()) yield lineOf(entry, journal.logId);
  };
  return { entries, lines: () => (query === undefined ? progress.counting(journal.lines()) : selected()) };
}

function lineOf(entry: AuditEntry, logId: string): string {
  const line = canonicalLine(logId, entry);
  if (leafHash(line) === entry.leafHash) return line;
  throw new AuditError("journal_failed", `journal: the line of entry ${entry.sequence} is not canonical`);
}
