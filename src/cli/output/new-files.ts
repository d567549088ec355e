import { fsyncSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  BESIDE_SQLITE,
  DraftFile,
  NameTaken,
  syncFolder,
  withoutLinks,
} from "../../journal/file/new-file.js";
import { type TextSink, UsageError } from "../input/command.js";
import { isJournal } from "../input/given-file.js";

/** A file to write. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly write: (file: TextSink) => Promise<void>;
  /** Called when the files before it are written. If it returns false, this file is left out. */
  readonly isWanted?: () => boolean;
}

/** What may be replaced. */
export interface Replacing {
  /** Whether files that are there are replaced. */
  readonly replace: boolean;
  /** The files that the command reads, absolute. They are never replaced. */
  readonly sources: readonly string[];
}

/** The arguments that say what a command reads, and whether it may replace a file. */
interface ReadingArguments {
  readonly operands: readonly string[];
  readonly flags: {
    readonly force?: boolean | undefined;
    /** Verifier keys, or files of them. */
    readonly key?: readonly string[] | undefined;
    readonly policy?: string | undefined;
  };
}

/** What a command may replace that reads its operands, and the files of its flags. */
export function replacingOf({ operands, flags }: ReadingArguments, cwd: string): Replacing {
  const { force = false, key = [], policy = [] } = flags;
  const read = [...operands, ...key, ...[policy].flat()];
  return { replace: force, sources: read.map((path) => resolve(cwd, path)) };
}

/** What the names of files end in that belong to a journal. */
const BESIDE_JOURNAL = [...BESIDE_SQLITE, ".lock"];

/**
 * Writes files, all or none. They appear under their names when all of them are complete and
 * synced. A name that is a symbolic link stays one: the file is written where it leads. Throws
 * `UsageError` as {@link assertFree}.
 */
export async function writeNewFiles(
  files: readonly NewFile[],
  replacing: Replacing,
): Promise<void> {
  for (const { path } of files) assertFree(path, replacing);
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
    for (const { path } of targets) assertFree(path, replacing);
    for (const draft of drafts) {
      draft.keep(replacing.replace);
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

/**
 * Throws `UsageError` if there is already something at the path that must not be replaced. What the
 * command reads, a journal and the files beside them are never replaced.
 */
export function assertFree(path: string, { replace, sources }: Replacing): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile())
    throw new UsageError(`${path} is not a file; choose another name`);
  assertNoEvidence(path, sources);
  if (stat !== undefined && !replace) throw isThere(path);
}

function assertNoEvidence(path: string, sources: readonly string[]): void {
  const file = withoutLinks(path);
  if (isOneOf(file, sources)) throw new UsageError(`${path} is what is read; ${CHOOSE}`);
  if (isJournal(file))
    throw new UsageError(`${path} is a journal, or another database of SQLite; ${CHOOSE}`);
  if (
    isOneOf(
      file,
      sources.map((source) => `${source}.checkpoint`),
    )
  )
    throw new UsageError(`${path} belongs to what is read; ${CHOOSE}`);
  const ending = BESIDE_JOURNAL.find((each) => file.endsWith(each));
  if (ending === undefined) return;
  const journal = file.slice(0, -ending.length);
  if (isOneOf(journal, sources) || isJournal(journal))
    throw new UsageError(`${path} belongs to the journal ${journal}; ${CHOOSE}`);
}

const CHOOSE = "it is never replaced, so choose another name";

/** Whether a file is one of several, under whatever name. It opens none of them. */
function isOneOf(path: string, others: readonly string[]): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return others.some((name) => {
    const other = statSync(name, { throwIfNoEntry: false });
    return file !== undefined && other?.ino === file.ino && other.dev === file.dev;
  });
}

function isThere(path: string): UsageError {
  return new UsageError(
    `${path} is there already; choose another name, or add --force to replace it`,
  );
}
