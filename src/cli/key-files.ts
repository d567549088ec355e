import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../journal/journal-file.js";
import { UsageError } from "./usage-error.js";

/** A file of a key. */
export interface KeyFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes files where nothing is yet: all of them, synced, or none. Their modes hold from the start, so that no secret is
 * ever readable by others. Throws `UsageError` when something is there already.
 */
export async function writeKeyFiles(files: readonly KeyFile[]): Promise<void> {
  const made: { readonly path: string; readonly handle: FileHandle }[] = [];
  try {
    for (const { path, mode } of files) made.push({ path, handle: await open(path, "wx", mode) });
    for (const [index, { handle }] of made.entries()) {
      await handle.writeFile(files[index]?.text ?? "");
      await handle.sync();
    }
  } catch (error) {
    for (const { path } of made) await rm(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const path = files[made.length]?.path;
    throw new UsageError(
      `${path} is there already, and no key is ever replaced; choose another folder`,
    );
  } finally {
    for (const { handle } of made) await handle.close();
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
}
