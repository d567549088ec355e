import { rm } from "node:fs/promises";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import type { Journal } from "../../journal/journal.js";
import { UsageError } from "../input/command.js";
import { assertFree, type NewFile, writeNewFiles } from "./new-files.js";

/** Which checkpoints go into a file beside the export. */
export type Which = "newest" | "all" | "none";

/** Reads the flag. Throws `UsageError`. */
export function whichCheckpoints(flags: {
  readonly format?: string | undefined;
  readonly out?: string | undefined;
  readonly checkpoints?: string | undefined;
}): Which {
  const { checkpoints = "newest" } = flags;
  const isBeside = flags.format === "ndjson" && flags.out !== undefined;
  if (flags.checkpoints !== undefined && !isBeside)
    throw new UsageError("--checkpoints goes with --format ndjson --out FILE");
  if (checkpoints !== "newest" && checkpoints !== "all")
    throw new UsageError(`--checkpoints "${checkpoints}" is neither newest nor all`);
  return isBeside ? checkpoints : "none";
}

/** The checkpoints of a journal, oldest first. */
export function checkpointsOf(journal: Journal, which: Which): readonly Checkpoint[] {
  if (which === "none") return [];
  if (which === "all") return [...journal.checkpoints()];
  const newest = journal.newestCheckpoint();
  return newest === undefined ? [] : [newest];
}

/**
 * Writes an export with its checkpoints, both or neither; one that is left of an earlier export goes with it, since it
 * would contradict this one.
 *
 * @param beside - Where the checkpoints go, if any can.
 * @param checkpoints - Asked when the export is written.
 */
export async function writeExport(
  file: NewFile,
  beside: string | undefined,
  checkpoints: () => readonly Checkpoint[],
  replace: boolean,
): Promise<void> {
  if (beside === undefined) return writeNewFiles([file], replace);
  assertFree(beside, replace);
  const notes = (): string =>
    checkpoints()
      .map(({ note }) => note)
      .join("\n");
  const isWanted = (): boolean => notes() !== "";
  await writeNewFiles(
    [file, { path: beside, isWanted, write: (to) => to.write(notes()) }],
    replace,
  );
  if (!isWanted() && replace) await rm(beside, { force: true });
}
