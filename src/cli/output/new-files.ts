import { randomUUID } from "node:crypto";
import { fsyncSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../journal/file/journal-file.js";
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
 * synced. Throws `UsageError` if there is something already.
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
        fsyncSync(file.fd); // under Yarn's Plug'n'Play, a handle has no sync()
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

/** The file that `--out` names; undefined for stdout, which is `-`. */
export function fileOf(out: string | undefined): string | undefined {
  return out === "-" ? undefined : out;
}

/** Throws `UsageError` if there is already something at the path that must not be replaced. */
export function assertFree(path: string, replace: boolean): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile())
    throw new UsageError(`${path} is not a file; choose another name`);
  if (stat !== undefined && !replace)
    throw new UsageError(
      `${path} is there already; choose another name, or add --force to replace it`,
    );
}
