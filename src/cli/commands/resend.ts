import { visible } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { JOURNAL_FLAGS } from "../input/open-source.js";
import { parseNatural } from "../input/query-flags.js";
import { writeJournal } from "../input/write-journal.js";
import { jsonLine } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";
import { assertMirror } from "./rejected.js";

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
