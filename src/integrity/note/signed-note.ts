import { invalidEvidence } from "../../errors.js";
import { base64, bytesOfBase64 } from "./encodings.js";

/** One signature line of a note. */
export interface NoteSignature {
  /** The name of the key. */
  readonly name: string;
  /** The key's id, an unsigned number of 32 bits; with the name it says which key. */
  readonly id: number;
  /** What the key made, in the format of its signature type. */
  readonly signature: Uint8Array;
}

/** A note, read and not verified. */
export interface SignedNote {
  /** What is signed, with its last line end. */
  readonly text: string;
  /** In the order of the note; one at least. */
  readonly signatures: readonly NoteSignature[];
}

/** Longest note that is read, in UTF-16 code units. */
export const MAX_NOTE_LENGTH = 1_000_000;

/** How many signatures a note may have. A verifier has to take 16; each can cost it a verification. */
export const MAX_NOTE_SIGNATURES = 100;

const ID_BYTES = 4;

/** Whether a key can have this name: not empty, no white space of Unicode, no "+" (C2SP signed-note v1.0.0, Format). */
export function isKeyName(name: string): boolean {
  return (
    name.length > 0 &&
    name.isWellFormed() &&
    !/[\p{White_Space}+]/u.test(name) &&
    !hasControls(name)
  );
}

/** Whether a text has what no note may have: an ASCII control character other than the line end. */
function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\0-\x09\x0B-\x1F]/.test(text);
}

/**
 * Reads a signed note (C2SP signed-note v1.0.0, Format); nothing is verified.
 *
 * @param note - The whole note. It is attacker-controlled until a signature of a known key was verified.
 * @throws `AuditError` `invalid_evidence` when it is no note.
 */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_LENGTH)
    throw invalidEvidence(`note: expected ${MAX_NOTE_LENGTH} characters at most`);
  if (!note.isWellFormed() || hasControls(note))
    throw invalidEvidence("note: expected UTF-8 without control characters");
  const blank = note.lastIndexOf("\n\n");
  if (blank === -1 || !note.endsWith("\n"))
    throw invalidEvidence("note: expected a text, an empty line and signature lines");
  const lines = note.slice(blank + 2, -1).split("\n", MAX_NOTE_SIGNATURES + 1);
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw invalidEvidence(`note: expected ${MAX_NOTE_SIGNATURES} signatures at most`);
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string, index: number): NoteSignature {
  const [dash, name, encoded, ...more] = line.split(" ");
  const bytes = encoded === undefined ? undefined : bytesOfBase64(encoded);
  if (dash !== "—" || name === undefined || !isKeyName(name) || more.length > 0)
    throw invalidEvidence(`note: signature ${index}: expected a dash, a key name and base64`);
  if (bytes === undefined || bytes.length <= ID_BYTES)
    throw invalidEvidence(`note: signature ${index}: expected base64 of a key id and a signature`);
  return { name, id: bytes.readUInt32BE(0), signature: bytes.subarray(ID_BYTES) };
}

/**
 * Writes a signed note (C2SP signed-note v1.0.0, Format).
 *
 * @param text - What was signed, with its last line end.
 * @param signatures - One at least.
 * @throws `AuditError` `invalid_evidence` when there is no note of these.
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  let note = `${text}\n`;
  for (const { name, id, signature } of signatures) {
    const bytes = Buffer.alloc(ID_BYTES + signature.length);
    bytes.writeUInt32BE(id);
    bytes.set(signature, ID_BYTES);
    note += `— ${name} ${base64(bytes)}\n`;
  }
  if (parseNote(note).text !== text)
    throw invalidEvidence("note: expected a text that ends in a line end");
  return note;
}

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
