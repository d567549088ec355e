import { resolve } from "node:path";
import { Journal } from "../journal/journal.js";
import type { CommandIo } from "./command-io.js";

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
