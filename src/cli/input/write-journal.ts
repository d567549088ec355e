import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { JournalHeld } from "../../journal/file/sqlite.js";
import { Journal } from "../../journal/journal.js";
import type { JournalOptions } from "../../journal/options.js";
import type { CommandIo } from "../output/command-io.js";
import type { CommandArguments } from "./command.js";
import { type JOURNAL_FLAGS, withJournal } from "./open-source.js";

/** What a command says when an app has the journal open. */
export interface WritingCommand {
  /** As it was called: `resend`. */
  readonly command: string;
  /** What to do while the app is stopped: `resend`. */
  readonly verb: string;
  /** What the app can call instead: `journal.resend`. */
  readonly instead: string;
}

/**
 * Opens a journal to write to it, and closes it after the work. Makes none where there is none.
 * Throws `UsageError` for another source, `journal_failed`.
 */
export async function writeJournal<T>(
  args: CommandArguments<typeof JOURNAL_FLAGS>,
  io: CommandIo,
  writing: WritingCommand,
  work: (journal: Journal) => Promise<T>,
  options: Pick<JournalOptions, "minimumRetentionDays"> = {},
): Promise<T> {
  const path = await withJournal(args, io, writing.command, async (readable) => readable.path);
  const name = resolve(io.cwd, args.operands[0] ?? "");
  const journal = openToWrite(() => Journal.open(path, options), name, writing);
  try {
    return await work(journal);
  } finally {
    journal.close();
  }
}

/**
 * Opens a journal, or what holds one.
 *
 * @param name - The journal, for a message that says which process holds it.
 * @throws `AuditError` `journal_failed`, and what opening throws.
 */
export function openToWrite<T>(
  open: () => T,
  name: string,
  { command, verb, instead }: WritingCommand,
): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof JournalHeld)) throw error;
    throw new AuditError(
      "journal_failed",
      `journal: ${error.holder} has ${name} open for writing, and ${command} must write to it. ` +
        `Stop that app, ${verb}, and start it again; or call ${instead} in it`,
      { cause: error },
    );
  }
}
