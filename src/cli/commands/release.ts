import type { Hold } from "../../entry/holds.js";
import { cut, word } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { JOURNAL_FLAGS } from "../input/open-source.js";
import { ACTING_FLAGS, aboutOf, writeLog } from "../input/write-journal.js";
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
    "HOLD is an id that quorumlog hold JOURNAL --list shows, or its beginning. The release is an entry",
    "of the log.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.release({ holdId }, reason), which does the same.",
  ],
  examples: [
    {
      line: "quorumlog release governance.db 3b1f6c0a --reason closed",
      about: "one hold",
    },
  ],
  async run(args, io) {
    const { operands, flags, json } = args;
    const [name = "", given = ""] = operands;
    const { reason, actor: actorDid } = flags;
    if (reason === undefined) throw new UsageError("--reason is missing");
    const about = aboutOf(flags);
    const { sequence, details } = await writeLog(args, io, WRITING, (audit) => {
      const holdId = wholeHoldId(audit.holds(), given, name);
      return audit.release({ holdId, actorDid }, reason, about);
    });
    const { hold_id: holdId } = details;
    await io.stdout.write(
      json ? jsonLine({ holdId, sequence }) : `hold ${holdId} is released by entry ${sequence}\n`,
    );
    return EXIT.done;
  },
});

/** The id of the one hold whose id is a text or begins with it. Throws `UsageError`. */
function wholeHoldId(holds: readonly Hold[], text: string, journal: string): string {
  const list = `quorumlog hold ${word(journal)} --list shows all`;
  // a table that is too narrow ends an id with an ellipsis
  const start = text.replace(/…$/, "").toLowerCase();
  const [one, other] = start === "" ? [] : holds.filter(({ id }) => id.startsWith(start));
  if (one === undefined)
    throw new UsageError(`HOLD: no hold in force has the id ${cut(word(text), 120)}; ${list}`);
  if (other !== undefined)
    throw new UsageError(`HOLD: the ids of several holds begin with ${word(start)}; ${list}`);
  return one.id;
}
