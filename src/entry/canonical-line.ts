import { hash } from "node:crypto";
import type { EntryFields } from "./audit-entry.js";
import type { JsonValue } from "./json.js";

/** The schema version that a line carries as `v`. */
export const LINE_VERSION = 1;

/** Longest canonical line, in bytes of UTF-8. */
export const MAX_LINE_BYTES = 65_536;

/**
 * The canonical line of an entry: JSON by RFC 8785, snake_case keys, absent fields left out.
 *
 * @param log - The log id.
 * @param entry - A validated entry: strings well formed, numbers finite.
 */
export function canonicalLine(log: string, entry: Omit<EntryFields, "leafHash">): string {
  return canonicalLeaf(log, entry).slice(1);
}

/**
 * The canonical line of an entry behind a NUL: what its leaf hash is of, in one piece.
 *
 * The keys of a line are fixed, so they stand here in the order of RFC 8785 section 3.2.3 and need no sorting; the
 * npm package `canonicalize` writes the same in twice the time (measured) and is the oracle of the tests. Every piece is
 * added to all before it, and the quote that ends a value stands with the key after it: the hash needs one flat string,
 * and flattening takes longer than hashing if the pieces are many, or trees of their own (measured).
 */
export function canonicalLeaf(log: string, entry: Omit<EntryFields, "leafHash">): string {
  let leaf = "\0{";
  if (entry.actorDid !== undefined) leaf = `${leaf}"actor_did":"${escaped(entry.actorDid)}",`;
  if (entry.decision !== undefined) leaf = `${leaf}"decision":"${escaped(entry.decision)}",`;
  leaf = `${withJson(`${leaf}"details":`, entry.details)},"id":"${entry.id}`;
  if (entry.kind !== undefined) leaf = `${leaf}","kind":"${escaped(entry.kind)}`;
  leaf = `${leaf}${logMember(log)}${entry.operation}`;
  if (entry.proposalId !== undefined) leaf = `${leaf}","proposal_id":"${escaped(entry.proposalId)}`;
  if (entry.recordedAt !== undefined) leaf = `${leaf}","recorded_at":"${entry.recordedAt}`;
  leaf = `${leaf}","seq":${entry.sequence}`;
  if (entry.spanId !== undefined) leaf = `${leaf},"span_id":"${entry.spanId}"`;
  if (entry.subjectId !== undefined) leaf = `${leaf},"subject_id":"${escaped(entry.subjectId)}"`;
  leaf = `${leaf},"timestamp":"${entry.timestamp}`;
  if (entry.traceId !== undefined) leaf = `${leaf}","trace_id":"${entry.traceId}`;
  return `${leaf}","v":${LINE_VERSION}}`;
}

/**
 * Leaf hash of RFC 9162 section 2.1.1, SHA-256(0x00 || line), in hexadecimal.
 *
 * @param line - The line as it was given.
 */
export function leafHash(line: string): string {
  return hashOfLeaf(`\0${line}`);
}

/** The same of a {@link canonicalLeaf}; the NUL before its line is the byte 0x00 in UTF-8. */
export function hashOfLeaf(leaf: string): string {
  return hash("sha256", leaf, "hex");
}

let lastLog: string | undefined;
let lastLogMember = "";

/** From the end of one string to the beginning of another, kept since a log writes lines of its own alone. */
function logMember(log: string): string {
  if (log !== lastLog) {
    lastLogMember = flat('","log":"', escaped(log), '","operation":"');
    lastLog = log;
  }
  return lastLogMember;
}

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** What `JSON.stringify` writes between the quotes; the test saves it where it can, at a third of its time (measured). */
function escaped(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

/**
 * Adds a value. RFC 8785 writes strings and numbers as `JSON.stringify` does; only the order of keys differs.
 */
function withJson(before: string, value: JsonValue): string {
  if (typeof value === "string") return `${before}"${escaped(value)}"`;
  if (typeof value !== "object" || value === null) return before + String(value);
  let json = before;
  let separator = "";
  if (Array.isArray(value)) {
    json += "[";
    for (const element of value) {
      json = withJson(json + separator, element);
      separator = ",";
    }
    return `${json}]`;
  }
  const members = value as { readonly [key: string]: JsonValue };
  const keys = Object.keys(members);
  if (keys.length > 1) keys.sort(); // by UTF-16 code units, as section 3.2.3 asks
  json += "{";
  for (const key of keys) {
    json = withJson(`${json}${separator}${keyOf(key)}`, members[key] as JsonValue);
    separator = ",";
  }
  return `${json}}`;
}

/** Keys met so far as they are written; bounded, since apps choose them. */
const KEYS = new Map<string, string>();
const MAX_KEYS = 1024;
const MAX_CACHED_KEY = 64;

function keyOf(key: string): string {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const written = flat('"', escaped(key), '":');
  if (KEYS.size < MAX_KEYS && key.length <= MAX_CACHED_KEY) KEYS.set(key, written);
  return written;
}

/** Pieces in one flat string, which is what `join` makes and `+` does not. */
function flat(...pieces: readonly string[]): string {
  return pieces.join("");
}
