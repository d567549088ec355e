import { resolve } from "node:path";
import { Journal } from "../../journal/journal.js";
import { counted, visible } from "../../text/safe-text.js";
import { type Command, defineCommand } from "../input/command.js";
import { JOURNAL_FLAGS, withJournal } from "../input/open-source.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine } from "../output/send.js";

/** `quorumlog backup`: a complete copy of a journal, while an app writes to it. */
export const backup: Command = defineCommand({
  name: "backup",
  about: "Copies a journal, also while an app writes to it",
  operands: ["JOURNAL", "FILE"],
  flags: JOURNAL_FLAGS,
  details: [
    "The copy is a journal of the same log, as it was at some moment of the call. FILE appears when it",
    "is complete and on disk, and nothing is ever replaced.",
  ],
  examples: [
    {
      line: "quorumlog backup governance.db /var/backups/governance-2026-04-14.db",
      about: "of a live log",
    },
  ],
  run(args, io) {
    const file = resolve(io.cwd, args.operands[1] ?? "");
    return withJournal(args, io, "backup", async (journal) => {
      await journal.backup(file);
      // the app may have appended meanwhile, so only the copy says what it holds
      const copy = Journal.open(file, { readOnly: true });
      const { entries, bytes } = copy.stats();
      copy.close();
      await io.stdout.write(
        args.json
          ? jsonLine({ backup: file, logId: copy.logId, entries, bytes })
          : `${visible(`${file}: ${counted(entries, "entry", "entries")} of ${copy.logId}`)}\n`,
      );
      return EXIT.done;
    });
  },
});
