import { type BigIntStats, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { isUnreachable, journalFailed, openSqlite, readAccess } from "./sqlite.js";

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

/** Changes whenever a writer has changed what a reader would read. */
export function stateOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return "gone";
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  return [dev, ino, size, mtimeNs, ctimeNs, readAccess(path)].join(" ");
}

/** Says what a second name means that a file got while it is written to. */
function secondNameWarning(path: string): string {
  return (
    `${path} got a second name (a hard link) while it is open. What is written goes on, but the ` +
    "next start will refuse the file. Back it up with Journal.backup, which makes a copy of its own"
  );
}

/** What the file of a journal holds without its write-ahead log, as far as it tells two apart. */
interface FileContent {
  /** The log id, when it was begun, and where its tables begin. */
  readonly origin: string;
  readonly pages: number;
  /** How many entries it has had. */
  readonly length: number;
  /** The leaf hash of its newest entry, hexadecimal; null if it has none. */
  readonly newestLeaf: unknown;
}

const CONTENT = `SELECT
    (SELECT log_id || ' ' || created_at FROM log) || ' ' ||
      (SELECT group_concat(rootpage) FROM (
        SELECT rootpage FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name)
      ) AS origin,
    (SELECT page_count FROM pragma_page_count) AS pages,
    coalesce((SELECT max(sequence) + 1 FROM entry), (SELECT max(pruned_before) FROM pruning), 0)
      AS length,
    (SELECT lower(hex(leaf_hash)) FROM entry ORDER BY sequence DESC LIMIT 1) AS newestLeaf`;

const LEAF = "SELECT lower(hex(leaf_hash)) AS leaf FROM entry WHERE sequence = ?";

/**
 * Reads what a file holds without its write-ahead log.
 *
 * The file is read through SQLite. If this process opened it in another way, closing it would drop
 * the locks that SQLite has on it.
 *
 * @param before - What it held before. Only checkpoints of the write-ahead log write to the file,
 * so it may hold more, and nothing else.
 * @returns Undefined if it does not continue what it held before: it was overwritten.
 * @throws `AuditError` `journal_failed` when the file cannot be reached.
 */
function contentOf(path: string, before?: FileContent): FileContent | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path, "immutable");
    const now = database.prepare(CONTENT).get() as unknown as FileContent;
    return before === undefined || continues(database, now, before) ? now : undefined;
  } catch (error) {
    if (isUnreachable(error))
      throw journalFailed(
        `cannot see whether ${path} was overwritten; nothing was recorded`,
        error,
      );
    return undefined; // it is not the database of a journal
  } finally {
    database?.close();
  }
}

function continues(database: DatabaseSync, now: FileContent, before: FileContent): boolean {
  if (now.origin !== before.origin || now.pages < before.pages || now.length < before.length)
    return false;
  const row = database.prepare(LEAF).get(before.length - 1);
  return row === undefined || row["leaf"] === before.newestLeaf; // without a row, it was pruned
}
