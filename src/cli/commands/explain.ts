import { resolve } from "node:path";
import { counted, cut, visible, word } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS } from "../input/open-source.js";
import { proofFrom } from "../input/proof-from.js";
import { type IdColumn, idMeant, idNamed } from "../input/query-flags.js";
import { endsIn, type Source } from "../input/source.js";
import {
  type ReplayedTrail,
  TRAIL_DETAILS,
  TRAIL_FLAGS,
  trailExit,
  withTrail,
} from "../input/trail-of.js";
import { EXIT } from "../output/exit-code.js";
import { type Replacing, replacingOf, writeNewFiles } from "../output/new-files.js";
import { overall } from "../output/report-text.js";
import { jsonLine, send } from "../output/send.js";
import { proposalText, subjectText, verificationLine } from "../output/trail-text.js";

const CASE_COLUMNS: readonly IdColumn[] = ["proposalId", "subjectId"];

/** `quorumlog explain`: a proposal or a subject, and what the trail says about it. */
export const explain: Command = defineCommand({
  name: "explain",
  about: "Explains a proposal, or who let a subject act: votes, result, effect, findings",
  operands: ["[SOURCE]", "[ID]"],
  flags: {
    prove: {
      type: "string",
      value: "FILE",
      about: "also write a bundle that proves the entries of the answer",
    },
    force: { type: "boolean", about: "with --prove: replace the file" },
    ...TRAIL_FLAGS,
    ...SOURCE_FLAGS,
  },
  details: [
    "ID is a proposal or a subject, as a table shows it: 7f3a9c21 or medical-ai-v2.",
    ...TRAIL_DETAILS,
    "",
    "The bundle of --prove shows that these entries are in the log. It cannot show that no revocation",
    "came later: the answer names the entry up to which the trail was read. Where the source fails",
    "verification with --key, no bundle is written.",
    "",
    ...SOURCE_DETAILS,
  ],
  examples: [
    { line: "quorumlog explain governance.db medical-ai-v2", about: "who let it run" },
    {
      line: "quorumlog explain governance.db 7f3a9c21 --prove decision.json",
      about: "a decision, with its proof",
    },
  ],
  run({ operands, ...args }, io) {
    const { prove, force = false, loki } = args.flags;
    const id = loki === undefined ? operands[1] : operands[0];
    if (id === undefined) throw new UsageError("ID is missing: a proposal or a subject");
    if (force && prove === undefined) throw new UsageError("--force goes with --prove");
    if (loki !== undefined && operands.length > 1)
      throw new UsageError("--loki and SOURCE exclude each other");
    const sources = loki === undefined ? operands.slice(0, 1) : [];
    const explained = async (replayed: ReplayedTrail): Promise<number> => {
      const { trail, source, verification } = replayed;
      const found = await idNamed(source, CASE_COLUMNS, id);
      if (found === undefined) {
        await io.stderr.write(`quorumlog: ${await unknownCase(replayed, id)}\n`);
        return EXIT.unreadable;
      }
      const proposal = found.column === "proposalId" ? trail.proposal(found.id) : undefined;
      const subject = found.column === "subjectId" ? trail.subject(found.id) : undefined;
      const text =
        proposal !== undefined
          ? proposalText(proposal, trail, io)
          : subject && subjectText(subject, trail, io);
      if (text === undefined) {
        await io.stderr.write("quorumlog: no entry names it up to that moment\n");
        return EXIT.unreadable;
      }
      await send(
        args.json
          ? [jsonLine({ proposal, subject, verification })]
          : [verificationLine(verification, io), ...text],
        io.stdout,
        io,
      );
      if (prove !== undefined && verification && overall(verification) === "failed")
        await io.stderr.write(
          "quorumlog: --prove: no bundle was written, since the source failed verification\n",
        );
      else if (prove !== undefined) {
        const sequences = (proposal ?? subject)?.sequences ?? [];
        const path = resolve(io.cwd, prove);
        const replacing = replacingOf({ ...args, operands: sources }, io.cwd);
        await writeBundle(source, sequences, path, replacing);
        await io.stderr.write(
          visible(
            `${counted(sequences.length, "entry", "entries")} proved in ${path}; ` +
              `the trail was read up to entry ${trail.lastSequence}`,
          ).concat("\n"),
        );
      }
      return trailExit(verification, subject?.authorized === "unknown");
    };
    return withTrail({ ...args, operands: sources }, io, explained, { ids: CASE_COLUMNS });
  },
});

/** What stderr says about an id of no case: it may be misspelt, or a member's. */
async function unknownCase({ trail, source }: ReplayedTrail, id: string): Promise<string> {
  const shown = cut(word(id), 120);
  if (trail.members().some(({ did }) => did === id || endsIn(did, id)))
    return `${shown} is a member, not a proposal or a subject; quorumlog members lists the members`;
  const meant = await idMeant(source, CASE_COLUMNS, id);
  return `no proposal and no subject is ${shown}, or ends in it${meant}`;
}

async function writeBundle(
  source: Source,
  sequences: readonly number[],
  path: string,
  replacing: Replacing,
): Promise<void> {
  const bundle = await proofFrom(source, { sequences });
  await writeNewFiles([{ path, write: (to) => to.write(bundle) }], replacing);
}
