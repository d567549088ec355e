import { visible } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { assertMirror, writeJournal } from "../input/journals.js";
import { parseNatural } from "../input/query-flags.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine } from "../output/send.js";

const WRITING = { command: "resend", verb: "resend", instead: "journal.resend" };

/** `quorumlog resend`: makes rejected records pending again. */
export const resend: Command = defineCommand({
  name: "resend",
  about: "Makes rejected records pending again: the app sends them when it starts",
  operands: ["JOURNAL"],
  flags: {
    mirror: { type: "string", value: "NAME", about: "of this mirror; must be given" },
    sequence: {
      type: "string",
      multiple: true,
      value: "N",
      about: "this entry alone; all, checkpoints too, unless given",
    },
  },
  details: [
    "It writes to the journal, which no app may have open meanwhile; an app that runs does the same by",
    "journal.resend(mirror, sequences).",
  ],
  examples: [
    { line: "quorumlog resend governance.db --mirror otlp", about: "all that otlp has refused" },
    {
      line: "quorumlog resend governance.db --mirror otlp --sequence 17 --sequence 18",
      about: "two of them",
    },
  ],
  async run({ operands: [path = ""], flags, json }, io) {
    const { mirror } = flags;
    if (mirror === undefined) throw new UsageError("--mirror is missing");
    const sequences = flags.sequence?.map((text) => parseNatural(text, "sequence"));
    const records = await writeJournal(path, io, WRITING, async (journal) => {
      assertMirror(journal, mirror);
      return journal.resend(mirror, sequences);
    });
    if (json) await io.stdout.write(jsonLine({ mirror, pendingAgain: records }));
    else await io.stdout.write(visible(`pending again for ${mirror}: ${records}`).concat("\n"));
    if (sequences !== undefined && records < new Set(sequences).size)
      await io.stderr.write("the others are not among the rejected ones, or were pruned\n");
    return EXIT.done;
  },
});
