import { closeSync, openSync, readSync } from "node:fs";

/** The sizes of a write-ahead log's header, and of what stands before each page (WAL format). */
const HEADER_BYTES = 32;
const FRAME_BYTES = 24;
/** The first bytes of a write-ahead log. The last bit is the byte order of its checksums. */
const MAGIC = 0x377f0682;
/** The size of a page, if the header does not tell it. */
const PAGE_BYTES = 4096;
/** How many frames are read at once. */
const CHUNK_FRAMES = 128;
/** How many earlier starts of a write-ahead log are remembered. */
const MAX_EARLIER = 1024;

/** What a write-ahead log holds, as SQLite would read it after a crash. */
interface LogContent {
  /** Undefined if its header is damaged. Then SQLite reads nothing of it. */
  readonly salts: string | undefined;
  /** Where the last commit ends that SQLite would read. */
  readonly end: number;
  /** How many commits stand behind a frame that is damaged or missing. SQLite reads none. */
  readonly lost: number;
  /** Where the last of them ends. */
  readonly lostEnd: number;
}

/**
 * Tells whether a write-ahead log still has all that was written to it. SQLite does not compare it
 * again while it is open: if another program writes to it, commits go on, a checkpoint copies what
 * is there now, and after a crash the next process reads nothing behind the damage.
 *
 * SQLite takes no lock on this file, so it may be opened and closed.
 */
export class LogFrames {
  readonly #path: string;
  /** The salts of its frames, which are new whenever it is written from its start. */
  #salts: string | undefined;
  readonly #earlier = new Set<string>();
  /** Where its last commit ended when it was last looked at. */
  #end: number;
  /** Up to here may stand what a write left behind that failed, in this process or before it. */
  #leftEnd: number;
  #isLeftBehind = false;

  /** Of the write-ahead log at a path, which has been read by SQLite just now. */
  constructor(path: string) {
    this.#path = path;
    const content = contentOf(path);
    this.#salts = content?.salts;
    this.#end = content?.end ?? 0;
    this.#leftEnd = content?.lostEnd ?? 0;
  }

  /** Compares all frames with their checksums. To be asked while no write is under way. */
  get isWhole(): boolean {
    const content = contentOf(this.#path);
    // who watches the files says that it is gone; a checkpoint may have emptied it just now
    if (content === undefined) return true;
    if (content.salts === undefined || !this.#goesOn(content.salts)) return false;
    if (this.#isLeftBehind) this.#leftEnd = content.lostEnd;
    this.#isLeftBehind = false;
    if (content.end < this.#end || content.lostEnd > this.#leftEnd) return false;
    this.#end = content.end;
    return true;
  }

  /** To be called after a write that failed. Its frames can stay behind the last commit. */
  onFailure(): void {
    this.#isLeftBehind = true;
  }

  /** Whether it has at least so many frames. */
  reaches(frames: number): boolean {
    return (
      reading(this.#path, (file) => {
        const header = Buffer.alloc(HEADER_BYTES);
        const frame = Buffer.alloc(FRAME_BYTES);
        readSync(file, header, 0, HEADER_BYTES, 0);
        const at = HEADER_BYTES + (frames - 1) * (FRAME_BYTES + header.readUInt32BE(8));
        const bytes = readSync(file, frame, 0, FRAME_BYTES, at);
        return bytes === FRAME_BYTES && header.compare(frame, 8, 16, 16, 24) === 0;
      }) ?? false
    );
  }

  /** Whether a log with these salts is the one of before, or was begun after it. */
  #goesOn(salts: string): boolean {
    if (salts === this.#salts) return true;
    if (this.#earlier.has(salts)) return false;
    if (this.#salts !== undefined) {
      this.#earlier.add(this.#salts);
      this.#leftEnd = 0;
    }
    const [oldest] = this.#earlier;
    if (this.#earlier.size > MAX_EARLIER && oldest !== undefined) this.#earlier.delete(oldest);
    this.#salts = salts;
    this.#end = 0;
    return true;
  }
}

/**
 * Returns how many commits of a write-ahead log SQLite will not read, because something before them
 * is damaged. A power failure can leave one, which was not synced.
 */
export function lostCommits(path: string): number {
  return contentOf(path)?.lost ?? 0;
}

/** Reads a write-ahead log. Returns undefined if there is none, or if it is empty. */
function contentOf(path: string): LogContent | undefined {
  return reading(path, (file) => {
    const header = Buffer.alloc(HEADER_BYTES);
    const bytes = readSync(file, header, 0, HEADER_BYTES, 0);
    return bytes === 0 ? undefined : framesOf(file, header);
  });
}

function reading<T>(path: string, work: (file: number) => T): T | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

/** Follows the checksums from frame to frame (SQLite file format, sections 4.1 and 4.2). */
function framesOf(file: number, header: Buffer): LogContent {
  const start = new Checksum(header.readUInt32BE(0));
  start.add(viewOf(header), 0, HEADER_BYTES - 8);
  const isSound =
    (header.readUInt32BE(0) & ~1) === MAGIC && start.is(viewOf(header), HEADER_BYTES - 8);
  const step = FRAME_BYTES + (isSound ? header.readUInt32BE(8) : PAGE_BYTES);
  const chunk = Buffer.alloc(step * CHUNK_FRAMES);
  const view = viewOf(chunk);
  let salts = isSound ? header.subarray(16, 24) : undefined;
  let isChained = isSound;
  let [end, lost, lostEnd] = [0, 0, 0];
  for (let position = HEADER_BYTES; ; position += chunk.length) {
    const bytes = readSync(file, chunk, 0, chunk.length, position);
    for (let at = 0; at + step <= bytes; at += step) {
      // without a header, the first frame tells which frames belong together
      salts ??= Buffer.from(chunk.subarray(at + 8, at + 16));
      // behind the last frame may stand those of before the log was begun anew
      const isOwn = salts.compare(chunk, at + 8, at + 16) === 0;
      isChained &&= isOwn && start.continues(view, at, step);
      const isCommit = isOwn && view.getUint32(at + 4) !== 0;
      if (!isCommit) continue;
      if (isChained) end = position + at + step;
      else [lost, lostEnd] = [lost + 1, position + at + step];
    }
    if (bytes < chunk.length) break;
  }
  return { salts: isSound ? header.toString("hex", 16, 24) : undefined, end, lost, lostEnd };
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** The checksum of a write-ahead log, over its header and all frames up to one. */
class Checksum {
  readonly #isLittle: boolean;
  #first = 0;
  #second = 0;

  constructor(magic: number) {
    this.#isLittle = (magic & 1) === 0;
  }

  add(view: DataView, from: number, to: number): void {
    const isLittle = this.#isLittle;
    let first = this.#first;
    let second = this.#second;
    for (let at = from; at < to; at += 8) {
      first = (first + view.getInt32(at, isLittle) + second) | 0;
      second = (second + view.getInt32(at + 4, isLittle) + first) | 0;
    }
    this.#first = first;
    this.#second = second;
  }

  /** Whether it is the one that stands in a view. */
  is(view: DataView, at: number): boolean {
    return view.getInt32(at) === this.#first && view.getInt32(at + 4) === this.#second;
  }

  /** Adds a frame. Tells whether the frame has the right checksum. */
  continues(view: DataView, at: number, step: number): boolean {
    this.add(view, at, at + 8);
    this.add(view, at + FRAME_BYTES, at + step);
    return this.is(view, at + 16);
  }
}
