import type { Journal } from "../../journal/journal.js";
import type { RejectedRecord } from "../../journal/outbox/outboxes.js";
import { counted, visible } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { parseNatural } from "../input/flag-values.js";
import { JOURNAL_FLAGS, withJournal } from "../input/open-source.js";
import { writeJournal } from "../input/write-journal.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";
import { Table } from "../output/table.js";

/** `quorumlog rejected`: what backends have refused for good. */
export const rejected: Command = defineCommand({
  name: "rejected",
  about: "Lists the records that a backend refused for good, with its reason",
  operands: ["JOURNAL"],
  flags: {
    mirror: { type: "string", value: "NAME", about: "only of this mirror" },
    ...JOURNAL_FLAGS,
  },
  examples: [
    { line: "quorumlog rejected governance.db", about: "what mirrors could not deliver" },
    {
      line: "quorumlog rejected governance.db --mirror otlp --json",
      about: "of one, for a program",
    },
  ],
  run(args, io) {
    const { mirror } = args.flags;
    return withJournal(args, io, "rejected", async (journal) => {
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
      const pieces = args.json ? records.map(marked) : table.lines(records);
      await send(pieces, io.stdout, io);
      if (records.length === 0) await io.stderr.write("nothing was rejected\n");
      return EXIT.done;
    });
  },
});

/** A record as JSON. No line speaks for any of it, so that `verify` cannot prove it. */
function marked(record: RejectedRecord): string {
  const unproven = Object.entries(record).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  return jsonLine({ ...record, unproven });
}

function recordOf({ sequence, checkpointSize }: RejectedRecord): string {
  return sequence === undefined
    ? `checkpoint of ${counted(checkpointSize ?? 0, "entry", "entries")}`
    : `entry ${sequence}`;
}

/**
 * Throws `UsageError`, with the names of the mirrors that the journal knows, for any other name.
 */
function assertMirror(journal: Journal, mirror: string): void {
  const { mirrors } = journal.stats();
  if (Object.hasOwn(mirrors, mirror)) return;
  const known = Object.keys(mirrors);
  throw new UsageError(
    `the journal knows no mirror "${mirror}"; ` +
      `${known.length === 0 ? "it has none" : `it has ${known.join(", ")}`}`,
  );
}

const WRITING = { command: "resend", verb: "resend", instead: "journal.resend" };

/** `quorumlog resend`: makes rejected records pending again. */
export const resend: Command = defineCommand({
  name: "resend",
  about: "Makes rejected records pending again: the app sends them when it starts",
  operands: ["JOURNAL"],
  flags: {
    mirror: { type: "string", value: "NAME", about: "of this mirror; required" },
    sequence: {
      type: "string",
      multiple: true,
      value: "N",
      about: "only this entry; by default all, checkpoints too",
    },
    ...JOURNAL_FLAGS,
  },
  details: [
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "journal.resend(mirror, sequences), which does the same.",
  ],
  examples: [
    { line: "quorumlog resend governance.db --mirror otlp", about: "all that otlp has refused" },
    {
      line: "quorumlog resend governance.db --mirror otlp --sequence 17 --sequence 18",
      about: "two of them",
    },
  ],
  async run(args, io) {
    const { flags, json } = args;
    const { mirror } = flags;
    if (mirror === undefined) throw new UsageError("--mirror is missing");
    const sequences = flags.sequence?.map((text) => parseNatural(text, "sequence"));
    const records = await writeJournal(args, io, WRITING, async (journal) => {
      assertMirror(journal, mirror);
      return journal.resend(mirror, sequences);
    });
    if (json) await io.stdout.write(jsonLine({ mirror, pendingAgain: records }));
    else await io.stdout.write(visible(`pending again for ${mirror}: ${records}`).concat("\n"));
    if (sequences !== undefined && records < new Set(sequences).size)
      await io.stderr.write("the others were not rejected, or were pruned\n");
    return EXIT.done;
  },
});
