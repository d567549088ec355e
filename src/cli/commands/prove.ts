import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import type { Journal } from "../../journal/journal.js";
import { visible, visibleLines } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { readJournal } from "../input/journals.js";
import { naturalOf } from "../input/query-flags.js";
import { EXIT } from "../output/exit-code.js";
import { writeNewFiles } from "../output/new-files.js";
import { jsonLine, send } from "../output/send.js";

/** `quorumlog prove`: evidence of chosen entries, which verifies without the journal. */
export const prove: Command = defineCommand({
  name: "prove",
  about: "Proves an entry, or all of a proposal, to somebody who has the log's public key alone",
  operands: ["JOURNAL"],
  flags: {
    sequence: { type: "string", value: "N", about: "this entry, as a C2SP tlog-proof file" },
    proposal: {
      type: "string",
      value: "ID",
      about: "all of this proposal, as an evidence bundle (JSON)",
    },
    out: {
      type: "string",
      short: "o",
      value: "FILE",
      about: "into a file, which is there when it is whole",
    },
    force: { type: "boolean", about: "replace the file" },
  },
  details: [
    "Both hold the entries, their inclusion proofs and the newest checkpoint; nothing else of the log.",
    "That no other entry of the proposal is left out only the whole log can show.",
  ],
  examples: [
    {
      line: "quorumlog prove governance.db --proposal urn:pqc-gov-prop:7f3a9c21 --out decision.json",
      about: "a decision with its votes",
    },
    { line: "quorumlog prove governance.db --sequence 14 --out 14.tlog-proof", about: "one entry" },
  ],
  run({ operands: [path = ""], flags, json }, io) {
    const { proposal, out, force = false } = flags;
    const sequence = naturalOf(flags.sequence, "sequence");
    if ((sequence === undefined) === (proposal === undefined))
      throw new UsageError("give either --sequence or --proposal");
    if (out === undefined && (json || force))
      throw new UsageError(`--${json ? "json" : "force"} goes with --out`);
    return readJournal(path, io, async (journal) => {
      const evidence =
        proposal === undefined
          ? await ofEntry(journal, sequence ?? 0)
          : await ofProposal(journal, proposal);
      if (out === undefined) {
        await send([io.stdout.isTerminal ? visibleLines(evidence) : evidence], io.stdout, io);
        return EXIT.done;
      }
      const file = resolve(io.cwd, out);
      await writeNewFiles([{ path: file, write: (to) => to.write(evidence) }], force);
      if (json) await io.stdout.write(jsonLine({ file }));
      else await io.stderr.write(visible(`written to ${file}`).concat("\n"));
      return EXIT.done;
    });
  },
});

function ofEntry(journal: Journal, sequence: number): Promise<string> {
  const { length } = journal;
  if (sequence < length) return journal.prove(sequence);
  throw new AuditError(
    "journal_failed",
    `journal: there is no entry ${sequence} yet; the next one is ${length}`,
  );
}

function ofProposal(journal: Journal, proposalId: string): Promise<string> {
  if (journal.count({ proposalId }) > 0) return journal.prove({ proposalId });
  throw new AuditError(
    "journal_failed",
    `journal: there is no entry of the proposal "${proposalId}"`,
  );
}
