import { fsyncSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DraftFile, NameTaken, syncFolder, withoutLinks } from "../../journal/file/new-file.js";
import { UsageError } from "../input/command.js";
import type { TextSink } from "./command-io.js";

/** A file to write. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly write: (file: TextSink) => Promise<void>;
  /** Called when the files before it are written. If it returns false, this file is left out. */
  readonly isWanted?: () => boolean;
}

/**
 * Writes files, all or none. They appear under their names when all of them are complete and
 * synced. A name that is a symbolic link stays one: the file is written where it leads. Throws
 * `UsageError` if there is something already.
 *
 * @param replace - True to replace files that are there.
 */
export async function writeNewFiles(files: readonly NewFile[], replace: boolean): Promise<void> {
  for (const { path } of files) assertFree(path, replace);
  const targets = files.map((file) => ({ ...file, path: withoutLinks(file.path) }));
  const drafts: DraftFile[] = [];
  const made: string[] = [];
  try {
    for (const { path, write, isWanted } of targets) {
      if (isWanted?.() === false) continue;
      const draft = new DraftFile(path, "partial");
      drafts.push(draft);
      const file = await open(draft.path, "r+");
      try {
        await write({ write: (text) => file.appendFile(text) });
        fsyncSync(file.fd); // under Yarn's Plug'n'Play, a handle has no sync()
      } finally {
        await file.close();
      }
    }
    for (const { path } of targets) assertFree(path, replace);
    for (const draft of drafts) {
      draft.keep(replace);
      made.push(draft.target);
    }
  } catch (error) {
    for (const draft of drafts) draft.remove();
    for (const path of made) await rm(path, { force: true });
    if (error instanceof NameTaken) throw isThere(error.path);
    throw error;
  }
  for (const folder of new Set(made.map(dirname))) syncFolder(folder);
}

/** The file that `--out` names; undefined for stdout, which is `-`. */
export function fileOf(out: string | undefined): string | undefined {
  return out === "-" ? undefined : out;
}

/** Throws `UsageError` if there is already something at the path that must not be replaced. */
export function assertFree(path: string, replace: boolean): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile())
    throw new UsageError(`${path} is not a file; choose another name`);
  if (stat !== undefined && !replace) throw isThere(path);
}

function isThere(path: string): UsageError {
  return new UsageError(
    `${path} is there already; choose another name, or add --force to replace it`,
  );
}
