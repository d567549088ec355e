import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { AuditError, invalidEvidence } from "../../errors.js";
import { evidenceKindOf } from "../../integrity/evidence-kind.js";
import { visible } from "../../text/safe-text.js";
import { type CommandIo, UsageError } from "./command.js";

/** So much of the beginning of a file tells what it is. */
const HEAD_BYTES = 1024;

/** In bytes. Enough for hundreds of keys of ML-DSA-44, or for the longest note or line. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a whole file into memory, up to a limit: it can be the wrong file, or one that is meant to
 * do harm. Throws `invalid_evidence` beyond the limit, and what reading throws.
 *
 * @param maxBytes - By default enough for keys, for one checkpoint, or for one line.
 */
export async function readWithin(path: string, maxBytes: number = MAX_BYTES): Promise<Buffer> {
  const { size } = await stat(path); // 0 for a pipe
  if (size > maxBytes) throw tooLong(path, maxBytes);
  return bytesWithin(createReadStream(path), path, maxBytes);
}

/** The same for a file that a flag names. Throws `UsageError` where there is none. */
export function givenFile(flag: string, path: string, cwd: string): Promise<Buffer> {
  return ofFlag(flag, path, readWithin(resolve(cwd, path)));
}

/** What reading the file of a flag gives. Throws `UsageError` where there is no such file. */
export async function ofFlag<T>(flag: string, path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError(visible(`--${flag} ${path}: there is no such file`));
  }
}

/** The same for a file that is open already. The message calls it by its name. */
export async function bytesWithin(
  chunks: AsyncIterable<Buffer>,
  name: string,
  maxBytes: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of chunks) {
    length += part.length;
    if (length > maxBytes) throw tooLong(name, maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * Whether a file is a journal beyond doubt. The other files need `node:fs/promises`, which takes
 * 5 ms to load (measured).
 */
export function isJournal(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const length = readSync(file, head);
    return evidenceKindOf(head.toString("latin1", 0, length)) === "journal";
  } finally {
    closeSync(file);
  }
}

/**
 * Opens a file.
 *
 * @param streams - Whether a pipe will do. To open one without a writer never ends.
 */
export async function openFile(path: string, streams: boolean): Promise<FileHandle> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw invalidEvidence(`there is no ${path} to read`);
    throw error;
  });
  if (stats.isDirectory()) throw invalidEvidence(`${path} is a folder, not a file`);
  if (!stats.isFile() && !streams) throw invalidEvidence(`${path} is not a file`);
  return open(path);
}

/** The beginning of a file, which tells what it is. */
export async function headOf(file: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  let length = 0;
  while (length < HEAD_BYTES) {
    const { bytesRead } = await file.read(head, length, HEAD_BYTES - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return head.subarray(0, length);
}

/** All bytes of a file, with the head that was read. A signal is heard in a line of any size. */
export async function* chunks(
  head: Buffer,
  file: FileHandle,
  { signal }: Pick<CommandIo, "signal">,
): AsyncGenerator<Buffer, void, undefined> {
  yield head;
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/**
 * A file that is read from the first byte to the last, once or several times. An answer must rest
 * on the bytes that were verified, so each time must give the same ones.
 */
export class RereadFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #io: Pick<CommandIo, "signal">;
  #digest: string | undefined;

  /** @param path - For messages. */
  constructor(file: FileHandle, path: string, io: Pick<CommandIo, "signal">) {
    this.#file = file;
    this.#path = path;
    this.#io = io;
  }

  /** Throws `AuditError` `invalid_evidence` at the end, if an earlier time gave other bytes. */
  async *read(): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash("sha256");
    for await (const chunk of this.#file.createReadStream({ autoClose: false, start: 0 })) {
      this.#io.signal.throwIfAborted();
      hash.update(chunk);
      yield chunk;
    }
    const digest = hash.digest("hex");
    if (this.#digest !== undefined && digest !== this.#digest)
      throw invalidEvidence(`${this.#path} was changed while it was read; try again`);
    this.#digest = digest;
  }
}

function tooLong(name: string, maxBytes: number): AuditError {
  return new AuditError(
    "invalid_evidence",
    `${name} is longer than ${maxBytes} bytes, the most that is read of it`,
  );
}
