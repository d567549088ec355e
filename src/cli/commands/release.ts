import { type Command, defineCommand, UsageError } from "../input/command.js";
import { JOURNAL_FLAGS } from "../input/open-source.js";
import { ACTING_FLAGS, aboutOf, writeLog } from "../input/write-log.js";
import { jsonLine } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";

const WRITING = { command: "release", verb: "release", instead: "audit.release" };

/** `quorumlog release`: ends a hold. */
export const release: Command = defineCommand({
  name: "release",
  about: "Releases a hold, so that its entries can be pruned again",
  operands: ["JOURNAL", "HOLD"],
  flags: { ...ACTING_FLAGS, ...JOURNAL_FLAGS },
  details: [
    "HOLD is the id that quorumlog hold JOURNAL --list shows. The release is an entry of the log.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.release({ holdId }, reason), which does the same.",
  ],
  examples: [
    {
      line: "quorumlog release governance.db 3b1f6c0a-5d0e-4b7a-9a55-0c1d2e3f4a5b --reason closed",
      about: "one hold",
    },
  ],
  async run(args, io) {
    const { operands, flags, json } = args;
    const [, holdId = ""] = operands;
    const { reason, actor: actorDid } = flags;
    if (reason === undefined) throw new UsageError("--reason is missing");
    const about = aboutOf(flags);
    const { sequence } = await writeLog(args, io, WRITING, (audit) =>
      audit.release({ holdId, actorDid }, reason, about),
    );
    await io.stdout.write(
      json ? jsonLine({ holdId, sequence }) : `hold ${holdId} is released by entry ${sequence}\n`,
    );
    return EXIT.done;
  },
});
