import { MAX_LINE_BYTES } from "../entry/line.js";
import { invalidEvidence } from "../errors.js";
import { BlockSource, type EvidenceItem, type EvidenceSource } from "../integrity/evidence.js";
import { splitNotes } from "../integrity/note/signed-note.js";

/** What belongs to an export. */
export interface NdjsonSourceOptions {
  /** The checkpoints of the log: signed notes, one after the other. */
  readonly checkpoints?: string | undefined;
}

const CR = 0x0d;
const LF = 0x0a;
const BOM = Buffer.from("\uFEFF");
const PIECE = 65_536;

/**
 * An export of canonical lines as evidence. Each line ends in a line feed, which the last line may
 * lack. A carriage return is part of its line. An empty line is a line that is not an entry.
 *
 * @param chunks - The bytes as they come, such as a stream; or text.
 */
export function ndjsonSource(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  options: NdjsonSourceOptions = {},
): EvidenceSource {
  return new BlockSource(() => blocks(chunks, options.checkpoints ?? ""));
}

async function* blocks(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  checkpoints: string,
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  yield splitNotes(checkpoints).map((note) => ({ kind: "checkpoint", note, kept: true }));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    for (const piece of pieces(chunk)) {
      const end = piece.lastIndexOf(LF) + 1;
      if (end > 0) {
        const first = piece.indexOf(LF);
        yield linesOf(appended(rest, piece.subarray(0, first)), piece.subarray(first + 1, end));
        rest = Buffer.alloc(0);
      }
      rest = appended(rest, piece.subarray(end));
    }
  }
  if (rest.length > 0) yield [line(rest)];
}

/** Cuts a chunk of any size into pieces that can each be a string. */
function* pieces(chunk: Uint8Array | string): Generator<Buffer, void, undefined> {
  const bytes =
    typeof chunk === "string"
      ? Buffer.from(chunk)
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let start = 0; start < bytes.length; start += PIECE)
    yield bytes.subarray(start, start + PIECE);
}

/**
 * A line, and the lines of a block that ends in a line end, or is empty. Cut from one string, they
 * take half the time (measured).
 */
function linesOf(first: Buffer, block: Buffer): readonly EvidenceItem[] {
  const lines = [line(first)];
  const text = block.toString("utf8");
  // Bytes that are not UTF-8 are read as U+FFFD. Such lines have to be hashed as bytes.
  const isText = !text.includes("\uFFFD");
  const { length } = isText ? text : block;
  for (let start = 0, end = 0; start < length; start = end + 1) {
    end = isText ? text.indexOf("\n", start) : block.indexOf(LF, start);
    lines.push(line(isText ? text.slice(start, end) : block.subarray(start, end)));
  }
  return lines;
}

function line(content: Buffer | string): EvidenceItem {
  return { kind: "line", line: content };
}

/**
 * Adds bytes to the start of a line, but no more than are needed to see that the line is too long.
 * Returns a copy.
 */
function appended(rest: Buffer, bytes: Buffer): Buffer {
  const room = Math.max(0, MAX_LINE_BYTES + 1 - rest.length);
  return room === 0 || bytes.length === 0 ? rest : Buffer.concat([rest, bytes.subarray(0, room)]);
}

/** The bytes without a byte order mark in front. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}

/**
 * Undoes what mail, editors and downloads do to a file of canonical lines: a byte order mark in
 * front, and a carriage return at the end of each line. No line that was signed has them there.
 *
 * @param chunks - The first one has the mark whole.
 * @throws `AuditError` `invalid_evidence` where only some lines end in a carriage return.
 */
export async function* mendedLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let isStart = true;
  let hasReturns: boolean | undefined;
  /** A carriage return that stands at the end of a chunk. */
  let held = false;
  for await (const chunk of chunks) {
    let bytes = isStart ? withoutMark(chunk) : chunk;
    if (bytes.length === 0) continue;
    isStart = false;
    if (held) bytes = Buffer.concat([Buffer.of(CR), bytes]);
    held = false;
    const first = bytes.indexOf(LF);
    if (first !== -1) hasReturns ??= bytes[first - 1] === CR;
    if (hasReturns === false) {
      yield bytes;
      continue;
    }
    held = bytes.at(-1) === CR;
    if (held) bytes = bytes.subarray(0, -1);
    yield first === -1 ? bytes : withoutReturns(bytes);
  }
  if (held && hasReturns !== true) yield Buffer.of(CR);
}

function withoutReturns(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    if (bytes[end - 1] !== CR)
      throw invalidEvidence(
        "some of its lines end in a carriage return and others do not: it was edited or joined " +
          "from several files. Get it again from where it is kept",
      );
    parts.push(bytes.subarray(start, end - 1), Buffer.of(LF));
    start = end + 1;
  }
  return Buffer.concat([...parts, bytes.subarray(start)]);
}
