import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../journal/file/journal-file.js";
import { UsageError } from "../input/command.js";
import type { TextSink } from "./command-io.js";

/** A file that is to be written. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly write: (file: TextSink) => Promise<void>;
  /** Asked when the files before it are written; it is left out where it answers false. */
  readonly isWanted?: () => boolean;
}

/**
 * Writes files that appear under their names when all of them are whole and synced, or not at all.
 * Throws `UsageError` when something is there already.
 *
 * @param replace - True to replace files that are there.
 */
export async function writeNewFiles(files: readonly NewFile[], replace: boolean): Promise<void> {
  const assertAllFree = (): void => files.forEach(({ path }) => void assertFree(path, replace));
  assertAllFree();
  const drafts = files.map((file) => ({ ...file, draft: `${file.path}.${randomUUID()}.partial` }));
  const whole: typeof drafts = [];
  const made: string[] = [];
  try {
    for (const one of drafts) {
      const { draft, write, isWanted } = one;
      if (isWanted?.() === false) continue;
      const file = await open(draft, "wx");
      made.push(draft);
      try {
        await write({ write: (text) => file.appendFile(text) });
        await file.sync();
      } finally {
        await file.close();
      }
      whole.push(one);
    }
    assertAllFree();
    for (const { draft, path } of whole) {
      await rename(draft, path);
      made.push(path);
    }
  } catch (error) {
    for (const path of made) await rm(path, { force: true });
    throw error;
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
}

/** Throws `UsageError` when a file cannot be written for what is there already. */
export function assertFree(path: string, replace: boolean): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile())
    throw new UsageError(`${path} is no file; choose another name`);
  if (stat !== undefined && !replace)
    throw new UsageError(
      `${path} is there already; choose another name, or add --force to replace it`,
    );
}
