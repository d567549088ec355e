import { resolve } from "node:path";
import { AuditError, invalidEvidence } from "../../errors.js";
import type { Signer } from "../../log/signer.js";
import { keyFile, visibleLines } from "../../text/safe-text.js";
import {
  type Command,
  type CommandArguments,
  defineCommand,
  UsageError,
} from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { readWithin } from "../input/read-within.js";
import { cannotAnswer, type Source, type SourceCheckpoint, withTime } from "../input/source.js";
import { type CommandIo, jsonLine, send } from "../output/command-io.js";
import { EXIT, isSystemError } from "../output/exit-code.js";

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

/**
 * The keys in files of `quorumlog keygen`. Throws `invalid_evidence` for a file without a key, and
 * what reading throws.
 */
async function signersOf(paths: readonly string[], { cwd }: CommandIo): Promise<Signer[]> {
  const { Signer } = await import("../../log/signer.js");
  const signers: Signer[] = [];
  for (const path of paths.map((each) => resolve(cwd, each))) {
    const text = await textOf(path);
    try {
      if (!text.includes("-----BEGIN ")) throw new Error("it is not PEM");
      signers.push(new Signer(text));
    } catch (cause) {
      throw new AuditError(
        "invalid_evidence",
        `${path} holds no private key that this version of Node can sign with; give a .pem ` +
          "file of quorumlog keygen",
        { cause },
      );
    }
  }
  return signers;
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readWithin(path)).toString("utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // Node's message has the path, which may be a key itself
    throw new AuditError(
      "invalid_evidence",
      `--sign ${keyFile(path)} cannot be read: ${error.code}`,
    );
  }
}

function noCheckpoint({ kind, name }: Source): AuditError {
  return kind === "journal"
    ? new AuditError(
        "journal_failed",
        `journal: ${name} has no checkpoint yet. Give the app a signer (quorumlog keygen ` +
          "makes keys), " +
          "or sign one with quorumlog checkpoint --sign KEYFILE",
      )
    : invalidEvidence("no checkpoint is there");
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
