import { setTimeout as delay } from "node:timers/promises";
import type { AuditEntry } from "../../entry/audit-entry.js";
import { AuditError } from "../../errors.js";
import { FileIdentity } from "../../journal/file/journal-file.js";
import type { Journal } from "../../journal/journal.js";
import type { AuditQuery } from "../../query/audit-query.js";
import { type Command, defineCommand } from "../input/command.js";
import { entryPages } from "../input/entry-pages.js";
import { readJournal } from "../input/journals.js";
import { naturalOf, QUERY_FLAGS, queryOf } from "../input/query-flags.js";
import type { CommandIo } from "../output/command-io.js";
import { entryTable } from "../output/entry-table.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";

const DEFAULT_LINES = 10;

/** `quorumlog tail`: the newest entries, and those that come. */
export const tail: Command = defineCommand({
  name: "tail",
  about: "Shows the newest entries, and with -f those that are appended",
  operands: ["JOURNAL"],
  flags: {
    lines: {
      type: "string",
      short: "n",
      value: "COUNT",
      about: `so many of the newest; ${DEFAULT_LINES} unless given`,
    },
    follow: { type: "boolean", short: "f", about: "go on until Ctrl-C" },
    ...QUERY_FLAGS,
  },
  details: [
    "The oldest of them comes first. With --json, each line is an entry as audit.entries() returns it.",
  ],
  examples: [
    { line: "quorumlog tail governance.db -f", about: "what the app records, as it does" },
    {
      line: "quorumlog tail governance.db -f -n 0 --operation byzantine_detected --json",
      about: "from now on, each node that votes twice, for a program",
    },
  ],
  run({ operands: [path = ""], flags, json }, io) {
    const limit = naturalOf(flags.lines, "lines") ?? DEFAULT_LINES;
    const wanted = queryOf(flags, io.now());
    return readJournal(path, io, async (journal) => {
      const table = entryTable(io);
      const show = (entries: readonly AuditEntry[]): Promise<void> =>
        send(json ? entries.map(jsonLine) : table.lines(entries), io.stdout, io);
      const { length } = journal;
      const coming = follow(journal, wanted, length, io);
      const before = Math.min(wanted.before ?? length, length);
      await show(journal.entries({ ...wanted, before, limit }).reverse());
      if (flags.follow) for await (const entries of coming) await show(entries);
      return EXIT.done;
    });
  },
});

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
  return appended(journal, query, from, signal, new FileIdentity(journal.path));
}

async function* appended(
  journal: Journal,
  query: AuditQuery,
  from: number,
  signal: AbortSignal,
  file: FileIdentity,
): AsyncGenerator<AuditEntry[], never, undefined> {
  for (let next = from; ; ) {
    await delay(PAUSE, undefined, { signal });
    const { length } = journal;
    const after = Math.max(query.after ?? -1, next - 1);
    const before = Math.min(query.before ?? length, length);
    if (length > next) yield* entryPages(journal, { ...query, order: "oldest", after, before });
    next = length;
    if (!file.isKept)
      throw new AuditError(
        "journal_failed",
        `journal: ${journal.path} was deleted, moved or replaced`,
      );
  }
}
