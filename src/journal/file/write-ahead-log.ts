import type { DatabaseSync } from "node:sqlite";
import { LogFrames } from "./log-frames.js";
import { BUSY_TIMEOUT_MILLIS, bytesOf } from "./sqlite.js";

/**
 * The write-ahead log is copied into the file when it has so many pages. Then it is written anew
 * from its start. An append that makes it longer takes twice as long on a fast disk as one that
 * overwrites a part of it (measured), so it is not to grow for long.
 */
export const CHECKPOINT_PAGES = 1000;

/**
 * After so many writes, or so much time, it is asked how many pages there are. To ask after each
 * one would make an append slower.
 */
const ASK_WRITES = 16;
const ASK_MILLIS = 20;

/**
 * All frames are compared with their checksums once a second and before they are copied, which
 * takes about 6 ms for 4 MB (measured). For a long log, the pause is this many times what it took.
 */
const PAUSE_FACTOR = 20;

/** The size of a write-ahead log with so many pages of 4096 bytes. */
export const CHECKPOINT_BYTES: number = CHECKPOINT_PAGES * 4096;

/** The write-ahead log is cut to this size as soon as no reader needs it, in bytes. */
export const MAX_WAL_BYTES: number = 32 * 1024 * 1024;

/** When something is done about the size of a write-ahead log. */
export interface WalLimits {
  /** It is cut to this size. */
  readonly maxBytes: number;
  /** From this size on, a warning says that a reader makes it grow. */
  readonly warnBytes: number;
  /** How often it is looked at. At each commit, an append would be a third slower (measured). */
  readonly lookMillis: number;
}

const LIMITS: WalLimits = {
  maxBytes: MAX_WAL_BYTES,
  warnBytes: 4 * MAX_WAL_BYTES,
  lookMillis: 1000,
};

/**
 * Keeps the write-ahead log of a writer small, and copies nothing of it into the file that it has
 * not compared with its checksum. SQLite's own automatic checkpoint would copy whatever is there.
 *
 * SQLite cannot use the log anew while a reader stands in it. Then it grows with each commit, and
 * would keep its size when the reader has gone.
 */
export class WriteAheadLog {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #isKept: () => boolean;
  readonly #limits: WalLimits;
  readonly #frames: LogFrames;
  #looked = performance.now();
  #asked = performance.now();
  #writes = 0;
  /** When its frames may be compared again. */
  #rested = 0;
  #timer: NodeJS.Timeout | undefined;
  #isSaid = false;

  /**
   * Of a database that is open for writing.
   *
   * @param isKept - Tells whether the path still leads to the database.
   */
  constructor(
    path: string,
    database: DatabaseSync,
    isKept: () => boolean,
    limits: WalLimits = LIMITS,
  ) {
    this.#path = `${path}-wal`;
    this.#database = database;
    this.#isKept = isKept;
    this.#limits = limits;
    this.#frames = new LogFrames(this.#path);
  }

  /** Whether it has all that was committed. To be asked while no write is under way. */
  get isWhole(): boolean {
    const began = performance.now();
    const isWhole = this.#frames.isWhole;
    const ended = performance.now();
    this.#rested = ended + PAUSE_FACTOR * (ended - began);
    return isWhole;
  }

  /**
   * To be called after each write. Copies the log into the file if it is long.
   *
   * @returns Whether the log has all that was committed, as far as it was looked at.
   */
  onWrite(): boolean {
    const now = performance.now();
    const isDue = now - this.#looked >= this.#limits.lookMillis;
    if (!isDue && ++this.#writes < ASK_WRITES && now - this.#asked < ASK_MILLIS) return true;
    this.#writes = 0;
    this.#asked = now;
    if (isDue) this.#look();
    const isLong = this.#frames.reaches(CHECKPOINT_PAGES);
    if ((!isDue && !isLong) || now < this.#rested) return true;
    if (!this.#isKept()) return true; // who watches the files says so
    if (!this.isWhole) return false;
    if (isLong) this.#copy("PASSIVE");
    return true;
  }

  /** To be called after a write that SQLite refused. */
  onFailure(): void {
    this.#frames.onFailure();
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { maxBytes, warnBytes, lookMillis } = this.#limits;
    this.#looked = performance.now();
    const bytes = bytesOf(this.#path);
    if (bytes <= maxBytes) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#isSaid = false;
      return;
    }
    // the app may log nothing more for a while after the reader has gone
    this.#timer ??= setInterval(() => this.#cut(), lookMillis).unref();
    if (bytes <= warnBytes || this.#isSaid) return;
    this.#isSaid = true;
    process.emitWarning(
      `${this.#path} has ${Math.round(bytes / 1e6)} MB, and grows with each entry: a reader has ` +
        "stood in the journal for a long time, such as a shell in a SELECT. End it, and the file " +
        "is cut",
      "QuorumlogWarning",
    );
  }

  /** Copies the log into the file and cuts it, if no reader needs it. */
  #cut(): void {
    if (performance.now() >= this.#rested && this.#isKept() && this.isWhole) this.#copy("TRUNCATE");
    this.#look();
  }

  /** Copies the log into the file. Waits for nobody. */
  #copy(mode: "PASSIVE" | "TRUNCATE"): void {
    try {
      this.#database.exec("PRAGMA busy_timeout = 0");
      this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
    } catch {
      // the next commit says what is wrong
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MILLIS}`);
    }
  }
}
