import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { AuditError } from "../../errors.js";
import { visible } from "../../text/safe-text.js";
import { UsageError } from "./command.js";

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

function tooLong(name: string, maxBytes: number): AuditError {
  return new AuditError(
    "invalid_evidence",
    `${name} is longer than ${maxBytes} bytes, the most that is read of it`,
  );
}
