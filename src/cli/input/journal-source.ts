import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { FileIdentity } from "../../journal/file/file-watch.js";
import { Journal } from "../../journal/journal.js";
import type { CommandIo } from "../output/command-io.js";
import { idsEndingIn } from "./given-values.js";
import { assertLog, type Source, withTime } from "./source.js";

/**
 * Opens a journal to read it, while an app may write to it, and closes it after the work. Throws
 * `journal_failed`.
 *
 * @param logId - The log that `--log` says.
 */
export async function readJournal<T>(
  path: string,
  { cwd }: Pick<CommandIo, "cwd">,
  work: (source: Source & { readonly journal: Journal }) => Promise<T>,
  logId?: string,
): Promise<T> {
  const journal = Journal.open(resolve(cwd, path), { readOnly: true });
  try {
    return await work(sourceOf(journal, path, logId));
  } finally {
    journal.close();
  }
}

function sourceOf(
  journal: Journal,
  name: string,
  logId: string | undefined,
): Source & { readonly journal: Journal } {
  const file = new FileIdentity(journal.path);
  let lastEnd: number | undefined;
  return {
    kind: "journal",
    name,
    journal,
    reader() {
      assertLog(logId, journal.logId, name);
      return journal;
    },
    values: (column) => journal.values(column),
    idsEndingIn: (column, text, most) => idsEndingIn(journal.values(column), text, most),
    logId: () => journal.logId,
    end() {
      const { length } = journal;
      // what was appended before is still to be shown
      if (length === lastEnd && !file.isKept)
        throw new AuditError(
          "journal_failed",
          `journal: ${journal.path} was deleted, moved or replaced`,
        );
      lastEnd = length;
      return length;
    },
    newestCheckpoint() {
      const newest = journal.newestCheckpoint();
      return newest && withTime(newest);
    },
    *checkpoints() {
      for (const each of journal.checkpoints()) yield withTime(each);
    },
    evidence: () => journal.evidence(),
  };
}
