import type { RejectedRecord } from "../../journal/outbox/outboxes.js";
import { type Command, defineCommand } from "../input/command.js";
import { assertMirror, readJournal } from "../input/journals.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";
import { Table } from "../output/table.js";

/** `quorumlog rejected`: what backends have refused for good. */
export const rejected: Command = defineCommand({
  name: "rejected",
  about: "Lists the records that a backend refused for good, with its reason",
  operands: ["JOURNAL"],
  flags: { mirror: { type: "string", value: "NAME", about: "of this mirror alone" } },
  examples: [
    { line: "quorumlog rejected governance.db", about: "of all mirrors" },
    {
      line: "quorumlog rejected governance.db --mirror otlp --json",
      about: "of one, for a program",
    },
  ],
  run({ operands: [path = ""], flags: { mirror }, json }, io) {
    return readJournal(path, io, async (journal) => {
      if (mirror !== undefined) assertMirror(journal, mirror);
      const records = journal.rejected(mirror);
      const table = new Table<RejectedRecord>(io, {
        columns: () => [
          { title: "mirror", cell: (record) => record.mirror },
          { title: "record", cell: recordOf },
          { title: "at", cell: ({ at }) => at },
          { title: "reason", cell: ({ reason }) => reason },
        ],
      });
      const pieces = json ? records.map(jsonLine) : table.lines(records);
      await send(pieces, io.stdout, io);
      if (records.length === 0) await io.stderr.write("nothing was rejected\n");
      return EXIT.done;
    });
  },
});

function recordOf({ sequence, checkpointSize }: RejectedRecord): string {
  return sequence === undefined ? `checkpoint over ${checkpointSize}` : `entry ${sequence}`;
}
