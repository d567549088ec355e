import { invalidEvidence } from "../errors.js";

const CR = 0x0d;
const LF = 0x0a;
const BOM = Buffer.from("\uFEFF");

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
