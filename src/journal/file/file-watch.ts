import { type BigIntStats, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { contentOf, type FileContent } from "./file-content.js";
import { secondNameWarning } from "./one-name.js";

/**
 * How often the files beside a journal are compared with those that were opened. At each commit,
 * this would make an append a third slower (measured), so a commit sees only whether they are
 * there.
 */
const COMPARE_MILLIS = 1000;

/**
 * How old the last change of a folder must be when it is looked at, so that a later change gives it
 * another time. File systems count time in steps of some milliseconds.
 */
const SETTLED_MILLIS = 100;

/** The files beside a journal, without which a commit is lost or is not the only writer's. */
const BESIDE = ["-wal", "-shm", ".lock"] as const;

/** A file that is not the one that was there when the journal was opened. */
export interface FileLoss {
  /** What its name has after that of the journal. Empty for the journal itself. */
  readonly suffix: "" | (typeof BESIDE)[number];
  /** Whether the journal's own file was written by another program. */
  readonly isOverwritten: boolean;
  /** Whether another file has its name. */
  readonly isReplaced: boolean;
}

const GONE = { isOverwritten: false, isReplaced: false };

/**
 * Tells whether a path still leads to the file that was opened.
 *
 * It looks the name up and does not open the file: closing it again would drop SQLite's POSIX
 * locks.
 */
export class FileIdentity {
  readonly #path: string;
  readonly #opened: string | undefined;

  /** Remembers which file is at the path. */
  constructor(path: string) {
    this.#path = path;
    this.#opened = identityOf(path);
  }

  /** Whether the path still leads to the file. */
  get isKept(): boolean {
    return this.#opened !== undefined && identityOf(this.#path) === this.#opened;
  }
}

/**
 * Watches the files of a journal that this process writes to. SQLite reports no error when it
 * commits into a file that was deleted, or that another program has overwritten.
 */
export class FileWatch {
  readonly #path: string;
  readonly #beside: ReadonlyMap<FileLoss["suffix"], FileIdentity>;
  /** The journal's own file at the last look. */
  #seen: BigIntStats;
  /** Undefined while it cannot be told. */
  #content: FileContent | undefined;
  #isOverwritten = false;
  readonly #isMixed: () => boolean;
  /** Whether somebody wrote to it while a file beside it was lost. */
  #isForeign = false;
  readonly #folder: string;
  /** The folder when the files were last compared. */
  #quiet: BigIntStats | undefined;
  #compared = performance.now();

  /**
   * Remembers the files of a journal that was just opened for writing.
   *
   * @param isMixed - Tells whether the journal's own file holds old pages beside new ones, because
   * a reader stands in the write-ahead log. Then its content tells nothing.
   */
  constructor(path: string, isMixed: () => boolean) {
    this.#path = path;
    this.#folder = dirname(path);
    this.#isMixed = isMixed;
    this.#seen = statSync(path, { bigint: true });
    this.#content = contentOf(path);
    this.#beside = new Map(BESIDE.map((suffix) => [suffix, new FileIdentity(path + suffix)]));
  }

  /**
   * Looks at the files, before a commit and after it. Returns the first one that is lost. Throws
   * `journal_failed` when that cannot be told.
   */
  look(): FileLoss | undefined {
    const seen = this.#seen;
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (!isSameFile(stat, seen)) return { ...GONE, suffix: "", isReplaced: stat !== undefined };
    const isWritten = stat.mtimeNs !== seen.mtimeNs || stat.size !== seen.size;
    // Somebody wrote to it: a checkpoint of the write-ahead log, or another program.
    if (isWritten) this.#compareContent();
    if (this.#isOverwritten) return { ...GONE, suffix: "", isOverwritten: true };
    if (stat.nlink > 1n && seen.nlink === 1n)
      process.emitWarning(secondNameWarning(this.#path), "QuorumlogWarning");
    this.#seen = stat;
    const loss = this.#lookBeside();
    if (isWritten && loss !== undefined) this.#isForeign = true;
    return loss;
  }

  /** The same after a commit. What another program wrote to the file, the next look sees. */
  lookAgain(): FileLoss | undefined {
    return this.#isQuiet(folderAt(this.#folder)) ? undefined : this.look();
  }

  /** Looks at the files beside the journal, also at which files they are. */
  compare(): FileLoss | undefined {
    const folder = folderAt(this.#folder);
    const lost = BESIDE.find((suffix) => !this.#beside.get(suffix)?.isKept);
    if (lost !== undefined)
      return { ...GONE, suffix: lost, isReplaced: existsSync(this.#path + lost) };
    this.#compared = performance.now();
    this.#quiet = folder;
    return undefined;
  }

  /** Whether the journal's own file is at its path. */
  get isInPlace(): boolean {
    return isSameFile(statSync(this.#path, { bigint: true, throwIfNoEntry: false }), this.#seen);
  }

  /**
   * Whether nobody else can have written to the journal since its write-ahead log lost its name.
   * Whoever opens it makes another log. They share the index (`-shm`) of this one, if it is there.
   */
  isAlone({ isReplaced }: FileLoss): boolean {
    return !isReplaced && (this.#beside.get("-shm")?.isKept || !this.#isForeign);
  }

  #compareContent(): void {
    const content = contentOf(this.#path, this.#content);
    if (content !== undefined) this.#content = content;
    else if (!this.#isMixed()) this.#isOverwritten = true;
  }

  #lookBeside(): FileLoss | undefined {
    if (performance.now() - this.#compared >= COMPARE_MILLIS) return this.compare();
    if (this.#isQuiet(folderAt(this.#folder))) return undefined;
    for (const suffix of BESIDE) if (!existsSync(this.#path + suffix)) return { ...GONE, suffix };
    return undefined;
  }

  /**
   * Whether no name in the folder was made, removed or changed since the files were compared. To
   * ask the folder takes a third of the time that it takes to ask for each file (measured).
   */
  #isQuiet(folder: BigIntStats | undefined): boolean {
    return (
      folder !== undefined &&
      this.#quiet !== undefined &&
      isSameFile(folder, this.#quiet) &&
      folder.mtimeNs === this.#quiet.mtimeNs
    );
  }
}

/** A folder whose next change will show in its time; undefined if there is none. */
function folderAt(path: string): BigIntStats | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat !== undefined && Number(stat.mtimeMs) < Date.now() - SETTLED_MILLIS
    ? stat
    : undefined;
}

function isSameFile(stat: BigIntStats | undefined, other: BigIntStats): stat is BigIntStats {
  return stat?.ino === other.ino && stat.dev === other.dev;
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}
