import { visible } from "../../text/safe-text.js";
import type { CommandIo, TextSink } from "./command-io.js";
import type { Progress } from "./progress.js";

/** Characters that are written at once. */
const CHUNK = 65_536;

/**
 * Writes pieces of text in chunks, each when the one before was taken. Throws when a signal ended
 * the command.
 */
export async function send(
  pieces: Iterable<string> | AsyncIterable<string>,
  to: TextSink,
  { signal }: Pick<CommandIo, "signal">,
  progress?: Progress,
): Promise<void> {
  let chunk = "";
  try {
    for await (const piece of pieces) {
      chunk += piece;
      if (chunk.length < CHUNK) continue;
      await to.write(chunk);
      chunk = "";
      signal.throwIfAborted();
      await progress?.show();
    }
    if (chunk !== "") await to.write(chunk);
  } finally {
    await progress?.clear();
  }
}

/** A value for programs: one line of JSON, which a terminal can show too. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}
