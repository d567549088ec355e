import { closeSync, openSync, readSync } from "node:fs";

/** The sizes of a write-ahead log's header, and of what stands before each page (WAL format). */
const HEADER_BYTES = 32;
const FRAME_BYTES = 24;
/** The first bytes of a write-ahead log. The last bit is the byte order of its checksums. */
const MAGIC = 0x377f0682;
/** How many earlier starts of a write-ahead log are remembered. */
const MAX_EARLIER = 1024;

/**
 * Tells whether a write-ahead log still has all frames that were written to it. SQLite does not
 * read it again: if another program cut it, or put an older copy over it, commits go on behind what
 * is now missing, and the next process reads none of them.
 *
 * SQLite takes no lock on this file, so it may be opened and closed.
 */
export class LogFrames {
  readonly #path: string;
  /** The salts of its frames, which are new whenever it is written from its start. */
  #salts: string | undefined;
  readonly #earlier = new Set<string>();
  /** Where its last frame began when it was last looked at. */
  #last = HEADER_BYTES;

  /** Of the write-ahead log at a path. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Looks at what came since the last look. To be asked after a commit. */
  get isWhole(): boolean {
    let file: number;
    try {
      file = openSync(this.#path, "r");
    } catch {
      return true; // who watches the files says that it is gone
    }
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const bytes = readSync(file, header, 0, HEADER_BYTES, 0);
      if (bytes === 0) return true; // a checkpoint emptied it just now
      if (bytes < HEADER_BYTES || (header.readUInt32BE(0) & ~1) !== MAGIC) return false;
      return this.#goesOn(header.toString("hex", 16, 24)) && this.#holds(file, header);
    } finally {
      closeSync(file);
    }
  }

  /** Whether a log with these salts is the one of before, or was begun after it. */
  #goesOn(salts: string): boolean {
    if (salts === this.#salts) return true;
    if (this.#earlier.has(salts)) return false;
    if (this.#salts !== undefined) this.#earlier.add(this.#salts);
    const [oldest] = this.#earlier;
    if (this.#earlier.size > MAX_EARLIER && oldest !== undefined) this.#earlier.delete(oldest);
    this.#salts = salts;
    this.#last = HEADER_BYTES;
    return true;
  }

  /**
   * Whether no frame is missing between two. Behind the last frame may stand those of before the
   * log was begun anew.
   */
  #holds(file: number, header: Buffer): boolean {
    const step = FRAME_BYTES + header.readUInt32BE(8);
    const frame = Buffer.alloc(FRAME_BYTES);
    const read = (at: number): boolean => readSync(file, frame, 0, FRAME_BYTES, at) === FRAME_BYTES;
    const isOwn = (): boolean => header.compare(frame, 8, 16, 16, 24) === 0;
    let at = this.#last;
    for (; read(at) && isOwn(); at += step) this.#last = at;
    if (at === this.#last) return false;
    for (at += step; read(at); at += step) if (isOwn()) return false;
    return true;
  }
}
