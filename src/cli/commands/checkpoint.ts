import { AuditError, invalidEvidence } from "../../errors.js";
import { visibleLines } from "../../text/safe-text.js";
import {
  type Command,
  type CommandArguments,
  type CommandIo,
  defineCommand,
  UsageError,
} from "../input/command.js";
import { signersOf } from "../input/keys.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { cannotAnswer, type Source, type SourceCheckpoint, withTime } from "../input/source.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";

const WRITING = { command: "checkpoint --sign", verb: "sign", instead: "audit.checkpoint()" };

/** `quorumlog checkpoint`: what the log has signed, or signs now. */
export const checkpoint: Command = defineCommand({
  name: "checkpoint",
  about: "Prints the newest checkpoint, which proves the entries up to it; or signs one",
  operands: ["[SOURCE]"],
  flags: {
    all: {
      type: "boolean",
      about: "all of them, the oldest first, with an empty line between them",
    },
    sign: {
      type: "string",
      multiple: true,
      value: "KEYFILE",
      about: "sign one now, with this key of keygen; needs a journal",
    },
    ...SOURCE_FLAGS,
  },
  details: [
    "A checkpoint is a signed note (C2SP tlog-checkpoint). Keep it where the app cannot write. With",
    "quorumlog verify --trusted FILE, it proves later that the log has only grown since. --sign writes to",
    "the journal, so no app may have it open meanwhile. An app that has a signer signs on its own.",
    "",
    ...SOURCE_DETAILS,
  ],
  examples: [
    { line: "quorumlog checkpoint governance.db > kept.checkpoint", about: "keep it elsewhere" },
    {
      line: "quorumlog checkpoint governance.db --sign keys/acme.example-governance.ed25519.pem",
      about: "sign the entries so far, while no app runs",
    },
  ],
  async run(args, io) {
    const { flags, json } = args;
    const { all = false, sign } = flags;
    if (all && sign !== undefined) throw new UsageError("--all and --sign exclude each other");
    const show = (checkpoints: Iterable<SourceCheckpoint>): Promise<void> =>
      send(json ? asJson(checkpoints) : asNotes(checkpoints, io.stdout.isTerminal), io.stdout, io);
    if (sign !== undefined) await show([await signed(sign, args, io)]);
    else
      await withSource(args, io, async (source) => {
        await source.reader();
        const newest = await source.newestCheckpoint();
        if (newest === undefined) throw noCheckpoint(source);
        await show(all ? await source.checkpoints() : [newest]);
      });
    return EXIT.done;
  },
});

async function signed(
  keyFiles: readonly string[],
  args: CommandArguments<typeof SOURCE_FLAGS>,
  io: CommandIo,
): Promise<SourceCheckpoint> {
  if (args.flags.loki !== undefined)
    throw cannotAnswer(WRITING.command, "a journal", { name: args.flags.loki, kind: "loki" });
  if (args.operands.length === 0) throw new UsageError("SOURCE is missing");
  const signers = await signersOf(keyFiles, io);
  const { writeJournal } = await import("../input/write-journal.js");
  return writeJournal(args, io, WRITING, async (journal) => {
    const keys = signers.flatMap((signer) => signer.keysOf(journal.logId));
    return withTime(await journal.checkpoint({ keys, now: () => io.now().getTime() }));
  });
}

function noCheckpoint({ kind, name }: Source): AuditError {
  return kind === "journal"
    ? new AuditError(
        "journal_failed",
        `journal: ${name} has no checkpoint yet. Give the app a signer (quorumlog keygen makes ` +
          "keys), or sign one with quorumlog checkpoint --sign KEYFILE",
      )
    : invalidEvidence("it has no checkpoint");
}

function* asJson(checkpoints: Iterable<SourceCheckpoint>): Generator<string, void, undefined> {
  for (const { origin, size, rootHash, time, note } of checkpoints)
    yield jsonLine({ origin, size, rootHash, time, note });
}

function* asNotes(
  checkpoints: Iterable<SourceCheckpoint>,
  toTerminal: boolean,
): Generator<string, void, undefined> {
  let before = "";
  for (const { note } of checkpoints) {
    yield before + (toTerminal ? visibleLines(note) : note);
    before = "\n";
  }
}
