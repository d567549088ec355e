import type { AuditEntry } from "../../entry/audit-entry.js";
import { canonicalLine, leafHash } from "../../entry/line.js";
import { AuditError } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import type { Journal } from "../../journal/journal.js";
import type { AuditQuery } from "../../query/audit-query.js";
import { checkpointsOf, type Which } from "../output/export-checkpoints.js";
import type { ExportSource } from "../output/export-format.js";
import type { Progress } from "../output/progress.js";
import { entryPages } from "./entry-pages.js";

/** What is exported, and what is known of it when all of it was read. */
export interface Exported {
  readonly source: ExportSource;
  /** Throws `journal_failed` where what was read is not what was asked for. */
  end(): ExportEnd;
}

/** What goes with an export. */
export interface ExportEnd {
  /** The checkpoints that go beside it, oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** What is to be said about it. */
  readonly remarks: readonly string[];
}

/**
 * What the journal holds at the call: an app that goes on writing does not make the export longer.
 *
 * @param query - Undefined for all of it.
 */
export function journalExport(
  journal: Journal,
  query: AuditQuery | undefined,
  which: Which,
  progress: Progress,
): Exported {
  // read before the entries, so that none is over more than these
  const checkpoints = query === undefined ? checkpointsOf(journal, which) : [];
  const { length } = journal;
  const { pruned } = journal.stats();
  const before = Math.min(query?.before ?? length, length);
  const entries = async function* (): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const page of entryPages(journal, { ...query, before, order: "oldest" }))
      yield* progress.counting(page);
  };
  const selected = async function* (): AsyncGenerator<string, void, undefined> {
    for await (const entry of entries()) yield lineOf(entry, journal.logId);
  };
  let asLines = false;
  return {
    source: {
      entries,
      lines() {
        asLines = true;
        return query === undefined ? progress.counting(journal.lines()) : selected();
      },
    },
    end() {
      if (journal.stats().pruned !== pruned)
        throw new AuditError(
          "journal_failed",
          "journal: entries were pruned meanwhile; export it again",
        );
      const remark = `${pruned} entries were pruned, and lines alone cannot be verified without them; quorumlog verify takes the journal`;
      return { checkpoints, remarks: asLines && query === undefined && pruned > 0 ? [remark] : [] };
    },
  };
}

function lineOf(entry: AuditEntry, logId: string): string {
  const line = canonicalLine(logId, entry);
  if (leafHash(line) === entry.leafHash) return line;
  throw new AuditError(
    "journal_failed",
    `journal: the line of entry ${entry.sequence} is not canonical`,
  );
}
