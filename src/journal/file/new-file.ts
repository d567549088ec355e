import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** What the names of files end in that SQLite makes beside its file. */
export const BESIDE_SQLITE: readonly string[] = ["-wal", "-shm", "-journal"];

/** Linux follows no more links for one name (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * The absolute path without symbolic links. A link that leads to nothing yet is followed too: what
 * is written under its name must be where it leads, such as on a volume. Throws what the system
 * says of links in a circle, and of folders that cannot be searched.
 */
export function withoutLinks(path: string, links: number = MAX_LINKS): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || links === 0) throw error;
  }
  const folder = dirname(absolute);
  if (folder === absolute) return absolute;
  const here = join(withoutLinks(folder, links), basename(absolute));
  const isLink = lstatSync(here, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? withoutLinks(resolve(dirname(here), readlinkSync(here)), links - 1) : here;
}

/** Something got the name of a file before the file did. */
export class NameTaken extends Error {
  readonly path: string;

  /** @param cause - What the system says. */
  constructor(path: string, cause: unknown) {
    super(`${path} is there already`, { cause });
    this.path = path;
  }
}

/**
 * A file that is being made. It has a random name in the folder of its later name, so that nothing
 * of somebody else is in its way, and it was opened so that it is new for certain.
 */
export class DraftFile {
  readonly path: string;
  /** Its later name. */
  readonly target: string;

  /**
   * Makes an empty file.
   *
   * @param target - The later name, absolute, without symbolic links.
   * @param ending - What the draft's name ends in, for whoever finds it after a crash.
   */
  constructor(target: string, ending: "new" | "partial") {
    this.target = target;
    this.path = `${target}.${randomUUID()}.${ending}`;
    closeSync(openSync(this.path, "wx"));
  }

  /**
   * Gives the file its name, for good. If `replace` is false, nothing is replaced.
   *
   * @throws {@link NameTaken} What the system says.
   */
  keep(replace = false): void {
    if (replace || !this.#linked()) renameSync(this.path, this.target);
    else rmSync(this.path, { force: true });
  }

  /** Removes the file, and what SQLite may have left beside it. */
  remove(): void {
    for (const suffix of ["", ...BESIDE_SQLITE]) rmSync(this.path + suffix, { force: true });
  }

  /**
   * Gives the file its name beside its random one. Unlike a rename, this replaces nothing. Returns
   * whether the file system can do it.
   */
  #linked(): boolean {
    try {
      linkSync(this.path, this.target);
      return true;
    } catch (error) {
      if (lstatSync(this.target, { throwIfNoEntry: false }) !== undefined)
        throw new NameTaken(this.target, error);
      return false; // a file system without hard links, such as exFAT
    }
  }
}

/** Makes what was written to a file survive a power cut. Throws what the system says. */
export function syncFile(path: string): void {
  try {
    sync(path, "r+");
  } catch (error) {
    if (codeOf(error) !== "ERR_ACCESS_DENIED") throw error; // `node --permission` has no fsync
    warn(path, error);
  }
}

/**
 * Makes the names in a folder survive a power cut. Not every file system can do that, such as some
 * network shares. Then the files are there all the same, and a warning says so.
 */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // Windows opens no folders
  try {
    sync(folder, "r");
  } catch (error) {
    warn(`the folder ${folder}`, error);
  }
}

function sync(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function warn(what: string, error: unknown): void {
  process.emitWarning(
    `${what} cannot be synced (${(error as Error).message}); a power cut soon after this may ` +
      "take away what was just written",
    "QuorumlogWarning",
  );
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
