import type { AuditEntry } from "../../entry/audit-entry.js";
import { type Command, defineCommand } from "../command.js";
import { entryTable } from "../entry-table.js";
import { EXIT } from "../exit-code.js";
import { follow } from "../follow.js";
import { jsonLine } from "../json-line.js";
import { naturalOf, QUERY_FLAGS, queryOf } from "../query-flags.js";
import { readJournal } from "../read-journal.js";
import { send } from "../send.js";

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
