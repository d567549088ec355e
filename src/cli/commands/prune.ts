import { AuditError, reasonOf } from "../../errors.js";
import type { Pruning } from "../../journal/entries/pruning.js";
import type { Journal } from "../../journal/journal.js";
import { DEFAULT_MINIMUM_RETENTION_DAYS } from "../../journal/options.js";
import { counted } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { JOURNAL_FLAGS } from "../input/open-source.js";
import { naturalOf, parseMoment } from "../input/query-flags.js";
import { writeJournal } from "../input/write-journal.js";
import { jsonLine } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";

const WRITING = { command: "prune", verb: "prune", instead: "audit.journal.prune" };

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
    ...JOURNAL_FLAGS,
  },
  details: [
    "It removes entries from the first one on. Nothing is removed while a mirror still has to deliver",
    "one of them. The journal writes down what was removed, and proofs over the rest still hold.",
    "It writes to the journal, so no app may have it open meanwhile. An app that runs can call",
    "audit.journal.prune({ olderThan }), which does the same.",
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
    const { pruned, prunedBefore } = await writeJournal(
      args,
      io,
      WRITING,
      async (journal) => prunedFrom(journal, olderThan),
      { minimumRetentionDays },
    );
    const left = `the journal begins with entry ${prunedBefore}`;
    await io.stdout.write(
      json
        ? jsonLine({ pruned, prunedBefore })
        : `pruned ${counted(pruned, "entry", "entries")}; ${left}\n`,
    );
    return EXIT.done;
  },
});

function prunedFrom(journal: Journal, olderThan: Date): Pruning {
  try {
    return journal.prune({ olderThan });
  } catch (error) {
    if (!(error instanceof AuditError && error.field === "olderThan")) throw error;
    throw new UsageError(`--older-than: ${reasonOf(error)}`);
  }
}
