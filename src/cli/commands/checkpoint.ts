import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { Signer } from "../../log/signer.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import { visibleLines } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { checkpointTime, readJournal, writeJournal } from "../input/journals.js";
import { readWithin } from "../input/read-within.js";
import type { CommandIo } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";

const WRITING = { command: "checkpoint --sign", verb: "sign", instead: "audit.checkpoint()" };

/** `quorumlog checkpoint`: what the log has signed, or signs now. */
export const checkpoint: Command = defineCommand({
  name: "checkpoint",
  about: "Prints the newest checkpoint, which proves the log up to there; or signs one",
  operands: ["JOURNAL"],
  flags: {
    all: { type: "boolean", about: "all of them, the oldest first, with an empty line in between" },
    sign: {
      type: "string",
      multiple: true,
      value: "KEYFILE",
      about: "sign one now, with this key of keygen",
    },
  },
  details: [
    "A checkpoint is a signed note (C2SP tlog-checkpoint). Keep it where the app cannot write: by",
    "quorumlog verify --trusted FILE it proves later that the log only grew since. --sign writes to the",
    "journal, which no app may have open meanwhile; an app that has a signer signs by itself.",
  ],
  examples: [
    { line: "quorumlog checkpoint governance.db > kept.checkpoint", about: "to be kept elsewhere" },
    {
      line: "quorumlog checkpoint governance.db --sign keys/acme.example-governance.ed25519.pem",
      about: "sign what there is, while no app runs",
    },
  ],
  async run({ operands: [path = ""], flags: { all = false, sign }, json }, io) {
    if (all && sign !== undefined) throw new UsageError("--all and --sign exclude each other");
    if (sign !== undefined) {
      const signer = await signerOf(sign, io);
      const signed = await writeJournal(path, io, WRITING, (journal) =>
        journal.checkpoint({ keys: signer.keysOf(journal.logId), now: () => io.now().getTime() }),
      );
      await print([signed], io, json);
      return EXIT.done;
    }
    return readJournal(path, io, async (journal) => {
      const newest = journal.newestCheckpoint();
      if (newest === undefined)
        throw new AuditError(
          "journal_failed",
          `journal: ${journal.path} has no checkpoint yet. Give the app a signer (quorumlog keygen makes keys), or sign ` +
            "one with quorumlog checkpoint --sign KEYFILE",
        );
      await print(all ? journal.checkpoints() : [newest], io, json);
      return EXIT.done;
    });
  },
});

async function print(
  checkpoints: Iterable<StoredCheckpoint>,
  io: CommandIo,
  json: boolean,
): Promise<void> {
  await send(
    json ? asJson(checkpoints) : asNotes(checkpoints, io.stdout.isTerminal),
    io.stdout,
    io,
  );
}

function* asJson(checkpoints: Iterable<StoredCheckpoint>): Generator<string, void, undefined> {
  for (const each of checkpoints) {
    const { origin, size, rootHash, note } = each;
    yield jsonLine({ origin, size, rootHash, time: checkpointTime(each), note });
  }
}

function* asNotes(
  checkpoints: Iterable<StoredCheckpoint>,
  toTerminal: boolean,
): Generator<string, void, undefined> {
  let before = "";
  for (const { note } of checkpoints) {
    yield before + (toTerminal ? visibleLines(note) : note);
    before = "\n";
  }
}

/** The keys in files of `quorumlog keygen`. Throws `invalid_evidence` for what is no key, and what reading throws. */
export async function signerOf(paths: readonly string[], { cwd }: CommandIo): Promise<Signer> {
  const texts: string[] = [];
  for (const path of paths.map((each) => resolve(cwd, each))) {
    const text = (await readWithin(path)).toString("utf8");
    try {
      if (!text.includes("-----BEGIN ")) throw new Error("it is no PEM");
      new Signer(text);
    } catch (cause) {
      const message = `${path} holds no private key that this Node can sign with; give a .pem file of quorumlog keygen`;
      throw new AuditError("invalid_evidence", message, { cause });
    }
    texts.push(text);
  }
  return new Signer(texts);
}
