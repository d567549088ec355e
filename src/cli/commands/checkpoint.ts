import { AuditError } from "../../errors.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import { visibleLines } from "../../text/safe-text.js";
import { checkpointTime } from "../checkpoint-time.js";
import { type Command, defineCommand } from "../command.js";
import type { CommandIo } from "../command-io.js";
import { EXIT } from "../exit-code.js";
import { jsonLine } from "../json-line.js";
import { readJournal } from "../read-journal.js";
import { send } from "../send.js";
import { signerOf } from "../signer-of.js";
import { UsageError } from "../usage-error.js";
import { writeJournal } from "../write-journal.js";

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
