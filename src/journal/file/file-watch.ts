import { type BigIntStats, existsSync, statSync } from "node:fs";
import { contentOf, type FileContent } from "./file-content.js";
import { secondNameWarning } from "./one-name.js";

/**
 * How often the files beside a journal are compared with those that were opened. At each commit,
 * this would make an append a third slower (measured), so a commit sees only whether they are
 * there.
 */
const COMPARE_MILLIS = 1000;

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
  #content: FileContent | undefined;
  /** Whether somebody wrote to it while a file beside it was lost. */
  #isForeign = false;
  #compared = performance.now();

  /** Remembers the files of a journal that was just opened for writing. */
  constructor(path: string) {
    this.#path = path;
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
    if (isWritten) this.#content &&= contentOf(this.#path, this.#content);
    if (this.#content === undefined) return { ...GONE, suffix: "", isOverwritten: true };
    if (stat.nlink > 1n && seen.nlink === 1n)
      process.emitWarning(secondNameWarning(this.#path), "QuorumlogWarning");
    this.#seen = stat;
    const loss = this.#lookBeside();
    if (isWritten && loss !== undefined) this.#isForeign = true;
    return loss;
  }

  /** Looks at the files beside the journal, also at which files they are. */
  compare(): FileLoss | undefined {
    this.#compared = performance.now();
    const lost = BESIDE.find((suffix) => !this.#beside.get(suffix)?.isKept);
    if (lost === undefined) return undefined;
    return { ...GONE, suffix: lost, isReplaced: existsSync(this.#path + lost) };
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

  #lookBeside(): FileLoss | undefined {
    if (performance.now() - this.#compared >= COMPARE_MILLIS) return this.compare();
    for (const suffix of BESIDE) if (!existsSync(this.#path + suffix)) return { ...GONE, suffix };
    return undefined;
  }
}

function isSameFile(stat: BigIntStats | undefined, other: BigIntStats): stat is BigIntStats {
  return stat?.ino === other.ino && stat.dev === other.dev;
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}
