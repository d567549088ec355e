/**
 * Splits a text of signed notes one after the other, as a file of checkpoints holds them, with or without empty lines in
 * between (C2SP signed-note v1.0.0, Format). Nothing is checked: a damaged note is a part that cannot be read, and never
 * takes the next one with it.
 *
 * @example The newest checkpoint of a file
 * ```ts
 * import { parseCheckpoint, splitNotes } from "quorumlog/verify";
 *
 * const sizes = (text: string) => splitNotes(text).map((note) => parseCheckpoint(note).size);
 * ```
 */
export function splitNotes(text: string): string[] {
  const notes: string[] = [];
  let part: "start" | "text" | "signatures" = "start";
  let start = 0;
  let isBehindEmpty = false;
  let end = 0;
  // A note is cut from the text: put together of its lines, rubbish takes forty times its size in memory (measured).
  for (let at = 0; at < text.length; at = end) {
    end = text.indexOf("\n", at) + 1 || text.length;
    const isEmpty = text[at] === "\n";
    const isSignature = text.startsWith("— ", at);
    if (part === "signatures" && !isSignature) {
      notes.push(text.slice(start, at));
      part = "start";
    }
    if (part === "start") {
      if (isEmpty) continue;
      start = at;
      part = "text";
    } else if (isSignature && isBehindEmpty) part = "signatures";
    isBehindEmpty = isEmpty;
  }
  if (part !== "start") notes.push(text.slice(start));
  return notes;
}
