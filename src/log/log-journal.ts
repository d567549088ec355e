import { Journal } from "../journal/journal.js";

/**
 * The open journal of a log. Entries are appended and pruned by the log alone, and the log closes
 * the journal if it opened it.
 */
export type LogJournal = Omit<Journal, "append" | "close">;

/** What a journal does for its log alone. */
const OF_THE_LOG: ReadonlySet<string> = new Set([
  "constructor",
  "append",
  "close",
  "claimName",
  "planPruning",
  "prune",
]);

/**
 * The face of a journal for everybody but its log. It is another object than the journal, so that a
 * program in JavaScript cannot append to the journal or close it either.
 */
export function faceOf(journal: Journal): LogJournal {
  const { path, logId, minimumRetentionDays } = journal;
  const face = { path, logId, minimumRetentionDays };
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(Journal.prototype)))
    if (!OF_THE_LOG.has(name))
      Object.defineProperty(
        face,
        name,
        member.get === undefined
          ? { value: member.value.bind(journal) }
          : { get: member.get.bind(journal) },
      );
  return Object.freeze(face) as LogJournal;
}
