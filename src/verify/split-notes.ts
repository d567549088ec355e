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
  let note = "";
  let part: "start" | "text" | "signatures" = "start";
  let before = "";
  // Each line with its end; the last one may have none.
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const isSignature = line.startsWith("— ");
    if (part === "signatures" && !isSignature) {
      notes.push(note);
      note = "";
      part = "start";
    }
    if (part === "start" && line === "\n") continue;
    note += line;
    if (part === "start") part = "text";
    else if (isSignature && before === "\n") part = "signatures";
    before = line;
  }
  if (note !== "") notes.push(note);
  return notes;
}
