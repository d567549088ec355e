import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { isBusy } from "../../journal/file/failure.js";
import { Journal } from "../../journal/journal.js";
import type { StoredCheckpoint } from "../../record/checkpoint-record.js";
import type { CommandIo } from "../output/command-io.js";
import { UsageError } from "./command.js";

/** Opens a journal to read it, while an app may write to it, and closes it after the work. Throws `journal_failed`. */
export async function readJournal<T>(
  path: string,
  io: CommandIo,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const journal = Journal.open(resolve(io.cwd, path), { readOnly: true });
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

/** What a command says when an app has the journal open. */
export interface WritingCommand {
  /** As it was called: `resend`. */
  readonly command: string;
  /** What to do while the app is stopped: `resend`. */
  readonly verb: string;
  /** What the app can call instead: `journal.resend`. */
  readonly instead: string;
}

/** Opens a journal that is there to write to it, and closes it after the work. Throws `journal_failed`. */
export async function writeJournal<T>(
  path: string,
  io: CommandIo,
  writing: WritingCommand,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const journal = open(resolve(io.cwd, path), writing);
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

function open(path: string, { command, verb, instead }: WritingCommand): Journal {
  // for writing, Journal.open would make a journal where there is none
  if (!existsSync(path)) throw new AuditError("journal_failed", `journal: there is no ${path}`);
  try {
    return Journal.open(path);
  } catch (error) {
    if (!(error instanceof AuditError && isBusy(error.cause))) throw error;
    const holder = error.message.replace(/; close it there.*$/, "");
    throw new AuditError(
      "journal_failed",
      `${holder}, and ${command} must write to it. Stop that app, ${verb}, and start it again; or call ${instead} in it`,
      { cause: error },
    );
  }
}

/** Throws `UsageError` with the names that there are, when a journal knows no mirror of a name. */
export function assertMirror(journal: Journal, mirror: string): void {
  const { mirrors } = journal.stats();
  if (Object.hasOwn(mirrors, mirror)) return;
  const known = Object.keys(mirrors);
  throw new UsageError(
    `the journal knows no mirror "${mirror}"; ${known.length === 0 ? "it has none" : `it has ${known.join(", ")}`}`,
  );
}

/** When a checkpoint was stored, RFC 3339. */
export function checkpointTime({ time: [seconds, nanos] }: StoredCheckpoint): string {
  return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
}
