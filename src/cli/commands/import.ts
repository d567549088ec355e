import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { sealEntry } from "../../entry/seal.js";
import { AuditError, invalidEntry } from "../../errors.js";
import { differenceOf } from "../../log/given-ids.js";
import type { GovernanceAuditLog } from "../../log/governance-audit-log.js";
import type { LogJournal } from "../../log/log-journal.js";
import { counted, visible } from "../../text/safe-text.js";
import { type Command, defineCommand } from "../input/command.js";
import { badRow, type ImportRow, importRows } from "../input/import-rows.js";
import { signersOf } from "../input/keys.js";
import { logOf } from "../input/open-source.js";
import { openToWrite } from "../input/write-journal.js";
import { EXIT, inCommandTerms } from "../output/exit-code.js";
import { jsonLine, Progress } from "../output/send.js";

/** How many rows are written at once. It is what one commit of the log takes. */
const CHUNK = 256;

const WRITING = { command: "import", verb: "import", instead: "audit.log with about.id" };

/** `quorumlog import`: records what another log, or another system, has. */
export const importCommand: Command = defineCommand({
  name: "import",
  about: "Records the rows of an export of another log or system in a journal",
  operands: ["FILE", "JOURNAL"],
  flags: {
    log: { type: "string", value: "ID", about: "the log of the journal; names one that is made" },
    "from-log": {
      type: "string",
      value: "ID",
      about: "the log that the rows are of; of an array, default unnamed",
    },
    sign: {
      type: "string",
      multiple: true,
      value: "KEYFILE",
      about: "sign checkpoints with this key of keygen, as the app does",
    },
  },
  details: [
    "FILE is an array, as export_json of the reference implementation or exportJson() writes it, or an",
    "export as NDJSON. JOURNAL is made if it is not there. Each entry says where it comes from, in its",
    "details imported_log and imported_sequence, and when it was imported. A row that the journal has",
    "from an earlier import is left out, so a command that was interrupted can be repeated.",
    "It writes to the journal, so no app may have it open meanwhile.",
  ],
  examples: [
    { line: "quorumlog import audit.json governance.db", about: "what exportJson() wrote" },
    {
      line: "quorumlog import old.ndjson governance.db --sign keys/acme.example.ed25519.pem",
      about: "another log, and sign what was recorded",
    },
  ],
  async run({ operands, flags, json }, io) {
    const [path = "", journalPath = ""] = operands;
    const name = resolve(io.cwd, journalPath);
    const logId = logOf(flags.log);
    const file = { path, fromLog: logOf(flags["from-log"], "from-log") };
    if (flags.sign !== undefined) await signersOf(flags.sign, io);
    const signer = flags.sign?.map((key) => resolve(io.cwd, key));
    const reported = new Set<string>();
    const progress = new Progress(io, true);
    const isUnnamed = (logId ?? signer) === undefined && !existsSync(name);
    const done = { rows: 0, imported: 0 };
    // loaded here, since it brings OpenTelemetry, which the help does not need
    const log = await import("../../log/governance-audit-log.js");
    let audit: GovernanceAuditLog | undefined;
    const opened = (): GovernanceAuditLog =>
      openToWrite(
        () =>
          new log.GovernanceAuditLog({
            journal: name,
            logId,
            signer,
            kinds: "any",
            durability: "batch",
            maxEntries: CHUNK,
            clock: io.now,
            onError: ({ message }) => void reported.add(message),
          }),
        name,
        WRITING,
      );
    try {
      for await (const chunk of chunksOf(importRows(file, io))) {
        await setImmediate(); // so that a signal is heard
        io.signal.throwIfAborted();
        audit ??= opened();
        done.imported += await record(chunk, audit);
        done.rows += chunk.length;
        progress.add(chunk.length);
        await progress.show();
      }
      audit ??= opened();
      await audit.shutdown();
    } catch (error) {
      await audit?.shutdown().catch(() => {}); // what went wrong first is thrown
      throw error instanceof AuditError ? stoppedAt(path, done.rows, error) : error;
    } finally {
      await progress.clear();
    }
    for (const message of reported)
      await io.stderr.write(`quorumlog: ${visible(inCommandTerms(message))}\n`);
    if (isUnnamed && !json)
      await io.stderr.write(
        `the new journal is one of the log ${audit.logId}; --log names a new one otherwise\n`,
      );
    const { rows, imported } = done;
    const repeated = rows - imported;
    const there = repeated === 0 ? "" : `; ${repeated} of ${rows} rows were there already`;
    await io.stdout.write(
      json
        ? jsonLine({ rows, imported, repeated, journal: name, logId: audit.logId })
        : `${visible(`imported ${counted(imported, "entry", "entries")} into ${name}${there}`)}\n`,
    );
    return EXIT.done;
  },
});

async function* chunksOf(
  rows: AsyncIterable<ImportRow>,
): AsyncGenerator<readonly ImportRow[], void, undefined> {
  let chunk: ImportRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Records rows, all of them or none, and answers how many were new. All are checked before the
 * first is recorded. The loop that records does not yield, so that they share one commit.
 */
async function record(chunk: readonly ImportRow[], audit: GovernanceAuditLog): Promise<number> {
  const journal = audit.journal as LogJournal;
  const fresh = chunk.filter((row) => isNew(row, journal));
  const before = journal.length;
  for (const { event, id } of fresh) audit.log(event, { id });
  await audit.flush();
  return journal.length - before;
}

/** Whether the journal lacks a row. Throws `invalid_entry` for a row that cannot be recorded. */
function isNew({ number, log, id, valid }: ImportRow, journal: LogJournal): boolean {
  try {
    if (log === journal.logId)
      throw invalidEntry("log", `it is an entry of the log "${log}" itself`);
    const found = journal.given(id);
    if (found !== undefined) {
      const { entry, sequence, ofOption } = found;
      const other = entry && differenceOf({ entry, ofOption }, valid);
      if (other === undefined) return false; // also if retention removed it since
      throw invalidEntry("id", `entry ${sequence} has the id of this row, and differs in ${other}`);
    }
    // as long as a line of it can be
    const seal = { sequence: Number.MAX_SAFE_INTEGER, traceId: undefined, spanId: undefined };
    const recordedMillis = valid.timestampMillis === 0 ? 1 : 0;
    sealEntry(valid, { ...seal, log: journal.logId, id, recordedMillis });
    return true;
  } catch (error) {
    if (!(error instanceof AuditError && error.code === "invalid_entry")) throw error;
    throw badRow(number, error);
  }
}

function stoppedAt(path: string, rows: number, error: AuditError): AuditError {
  if (error.code !== "invalid_entry" && error.code !== "invalid_evidence") return error;
  const written =
    rows === 0 ? "nothing was written" : `only the rows before row ${rows + 1} are in the journal`;
  return new AuditError(error.code, `${path}: ${error.message}; ${written}`, { cause: error });
}
