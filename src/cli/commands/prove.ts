import { resolve } from "node:path";
import { visible, visibleLines } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { naturalOf } from "../input/flag-values.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { proofFrom } from "../input/proof-from.js";
import { wholeId } from "../input/query-flags.js";
import { EXIT } from "../output/exit-code.js";
import { fileOf, replacingOf, writeNewFiles } from "../output/new-files.js";
import { jsonLine, send } from "../output/send.js";

/** `quorumlog prove`: evidence of chosen entries, which verifies without the journal. */
export const prove: Command = defineCommand({
  name: "prove",
  about: "Proves an entry, or all of a proposal, to anybody who has the public key of the log",
  operands: ["[SOURCE]"],
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
      about: "into a file, which appears when it is complete; - is stdout",
    },
    force: { type: "boolean", about: "replace the file" },
    ...SOURCE_FLAGS,
  },
  details: [
    "Both hold the entries, their inclusion proofs and the newest checkpoint. They hold nothing else of",
    "the log. Only the whole log can show that no other entry of the proposal was left out.",
    "",
    ...SOURCE_DETAILS,
    "An export and Loki must hold all entries that the checkpoint covers.",
  ],
  examples: [
    {
      line: "quorumlog prove governance.db --proposal 7f3a9c21 --out decision.json",
      about: "a decision with its votes",
    },
    { line: "quorumlog prove governance.db --sequence 14 --out 14.tlog-proof", about: "one entry" },
  ],
  run(args, io) {
    const { flags, json } = args;
    const { proposal, force = false } = flags;
    const out = fileOf(flags.out);
    const sequence = naturalOf(flags.sequence, "sequence");
    if ((sequence === undefined) === (proposal === undefined))
      throw new UsageError("give either --sequence or --proposal");
    if (out === undefined && (json || force))
      throw new UsageError(`--${json ? "json" : "force"} goes with --out`);
    return withSource(args, io, async (source) => {
      const what =
        proposal === undefined
          ? (sequence ?? 0)
          : { proposalId: await wholeId(source, "proposalId", proposal, io) };
      const evidence = await proofFrom(source, what);
      if (out === undefined) {
        await send([io.stdout.isTerminal ? visibleLines(evidence) : evidence], io.stdout, io);
        return EXIT.done;
      }
      const file = resolve(io.cwd, out);
      const replacing = replacingOf(args, io.cwd);
      await writeNewFiles([{ path: file, write: (to) => to.write(evidence) }], replacing);
      if (json) await io.stdout.write(jsonLine({ file }));
      else await io.stderr.write(visible(`written to ${file}`).concat("\n"));
      return EXIT.done;
    });
  },
});
