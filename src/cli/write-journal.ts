import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { AuditError } from "../errors.js";
import { isBusy } from "../journal/failure.js";
import { Journal } from "../journal/journal.js";
import type { CommandIo } from "./command-io.js";

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
