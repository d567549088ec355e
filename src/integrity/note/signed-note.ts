import { invalidEvidence } from "../../errors.js";
import { HASH_BYTES, type Hash } from "../merkle/merkle-hash.js";

/** One signature line of a note. */
export interface NoteSignature {
  /** The name of the key. */
  readonly name: string;
  /** The key's id, an unsigned number of 32 bits. Name and id together identify the key. */
  readonly id: number;
  /** The signature, in the format of its signature type. */
  readonly signature: Uint8Array;
}

/** A note that was read, but not verified. */
export interface SignedNote {
  /** The text that is signed, with its last line end. */
  readonly text: string;
  /** At least one, in the order of the note. */
  readonly signatures: readonly NoteSignature[];
}

/** The longest note that is read, in UTF-16 code units. */
export const MAX_NOTE_LENGTH = 1_000_000;

/** How many signatures a note may have. A verifier must accept 16. Each can cost a verification. */
export const MAX_NOTE_SIGNATURES = 100;

const ID_BYTES = 4;

/**
 * Whether a key can have this name: it is not empty, and has no Unicode white space and no "+"
 * (C2SP signed-note v1.0.0, Format).
 */
export function isKeyName(name: string): boolean {
  return (
    name.length > 0 &&
    name.isWellFormed() &&
    !/[\p{White_Space}+]/u.test(name) &&
    !hasControls(name)
  );
}

/** Whether a text has an ASCII control character other than the line end. No note may have one. */
function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this function looks for them
  return /[\0-\x09\x0B-\x1F]/.test(text);
}

/**
 * Reads a signed note (C2SP signed-note v1.0.0, Format). Does not verify it.
 *
 * @param note - The whole note. An attacker may control it until a signature of a known key is
 * verified.
 * @throws `AuditError` `invalid_evidence` if it is not a note.
 */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_LENGTH)
    throw invalidEvidence(`note: expected at most ${MAX_NOTE_LENGTH} characters`);
  if (!note.isWellFormed() || hasControls(note))
    throw invalidEvidence("note: expected UTF-8 without control characters");
  const blank = note.lastIndexOf("\n\n");
  if (blank === -1 || !note.endsWith("\n"))
    throw invalidEvidence("note: expected a text, an empty line and signature lines");
  const lines = note.slice(blank + 2, -1).split("\n", MAX_NOTE_SIGNATURES + 1);
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw invalidEvidence(`note: expected at most ${MAX_NOTE_SIGNATURES} signatures`);
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
 * @param text - The text that was signed, with its last line end.
 * @param signatures - At least one.
 * @throws `AuditError` `invalid_evidence` if these cannot be a note.
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
 * Undoes what mail, editors and downloads do to a text of notes: a byte order mark in front, line
 * ends with a carriage return, a last line end that is gone. A note can have none of these, so
 * nothing that is signed is lost, and the signature must still match.
 */
export function mendedNotes(text: string): string {
  const lines = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}

/**
 * Splits a text with several signed notes, such as a file of checkpoints, with or without empty
 * lines between them (C2SP signed-note v1.0.0, Format). A byte order mark, carriage returns, and a
 * missing line end at the end are mended. Nothing is checked. A damaged note is one part that
 * cannot be read, and does not affect the next one.
 *
 * @example The newest checkpoint of a file
 * ```ts
 * import { parseCheckpoint, splitNotes } from "quorumlog/verify";
 *
 * const sizes = (text: string) => splitNotes(text).map((note) => parseCheckpoint(note).size);
 * ```
 */
export function splitNotes(notesText: string): string[] {
  const text = mendedNotes(notesText);
  const notes: string[] = [];
  let part: "start" | "text" | "signatures" = "start";
  let start = 0;
  let isBehindEmpty = false;
  let end = 0;
  // A note is cut from the text. Put together from its lines, rubbish takes forty times its size in
  // memory (measured).
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

/** The base64 text of bytes, with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * The bytes of a base64 text. Undefined unless it is the one text that {@link base64} writes for
 * them (RFC 4648 section 3.5): with several ways to write it, the same evidence could have other
 * bytes.
 */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** The hash of a base64 text. Undefined where it does not have 32 bytes. */
export function hashOfBase64(text: string): Hash | undefined {
  const bytes = bytesOfBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * The number of an ASCII decimal. Undefined where it is not a number, has leading zeros, or is more
 * than 2^53 - 1.
 */
export function numberOfDecimal(text: string): number | undefined {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}
