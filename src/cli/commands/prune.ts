import { DEFAULT_MINIMUM_RETENTION_DAYS } from "../../journal/options.js";
import { counted } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { naturalOf, parseMoment } from "../input/flag-values.js";
import { JOURNAL_FLAGS } from "../input/open-source.js";
import { ACTING_FLAGS, aboutOf, writeLog } from "../input/write-journal.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine } from "../output/send.js";

const WRITING = { command: "prune", verb: "prune", instead: "audit.prune" };

/** `quorumlog prune`: removes old entries from a journal, and keeps their leaf hashes. */
export const pruneCommand: Command = defineCommand({
  name: "prune",
  about: "Removes old entries from a journal, and keeps their leaf hashes",
  operands: ["JOURNAL"],
  flags: {
    "older-than": {
      type: "string",
      value: "TIME",
      about: "recorded before this time, such as 400d or 2026-04-14; required",
    },
    "minimum-retention": {
      type: "string",
      value: "DAYS",
      about: `refuse a time younger than this; default ${DEFAULT_MINIMUM_RETENTION_DAYS}`,
    },
    ...ACTING_FLAGS,
    ...JOURNAL_FLAGS,
  },
  details: [
    "It removes entries from the first one on, up to the first that a hold covers. Nothing is removed",
    "while a mirror still has to deliver one of them. An entry of the log says what was removed, and",
    "proofs over the rest still hold.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.prune({ olderThan }), which does the same.",
  ],
  examples: [
    {
      line: "quorumlog prune governance.db --older-than 400d",
      about: "what is older than 400 days",
    },
    {
      line: "quorumlog prune governance.db --older-than 2025-01-01 --minimum-retention 365",
      about: "and nothing of the last year, whatever the time says",
    },
  ],
  async run(args, io) {
    const { flags, json } = args;
    if (flags["older-than"] === undefined) throw new UsageError("--older-than is missing");
    const olderThan = parseMoment(flags["older-than"], "older-than", io.now());
    const minimumRetentionDays = naturalOf(flags["minimum-retention"], "minimum-retention");
    const about = aboutOf(flags);
    const { reason, actor: actorDid } = flags;
    const { pruned, prunedBefore, entry, heldBy, finished } = await writeLog(
      args,
      io,
      WRITING,
      (audit, finished) => ({ ...audit.prune({ olderThan, reason, actorDid }, about), finished }),
      { minimumRetentionDays },
    );
    const says = entry === undefined ? "" : `; entry ${entry.sequence} says so`;
    const held = heldBy === undefined ? "" : `hold ${heldBy.id} keeps what follows\n`;
    const earlier =
      finished === 0 ? "" : `finished a pruning of ${counted(finished, "entry", "entries")}; `;
    await io.stdout.write(
      json
        ? jsonLine({
            pruned,
            prunedBefore,
            sequence: entry?.sequence,
            heldBy,
            ...(finished > 0 && { finished }),
          })
        : `${earlier}pruned ${counted(pruned, "entry", "entries")}; ` +
            `the journal begins with entry ${prunedBefore}${says}\n${held}`,
    );
    return EXIT.done;
  },
});
