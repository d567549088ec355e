import type { AuditEntry, EntryFields, Mutable } from "./audit-entry.js";
import { COLUMNS, OPTIONAL_COLUMNS, type OptionalColumn } from "./columns.js";
import {
  isObject,
  type JsonObject,
  type JsonValue,
  parseObject,
  type UnknownObject,
} from "./json.js";
import { sha256, sha256Hex } from "./sha256.js";
import { parseTimestamp } from "./timestamp.js";

/** The schema version that a line carries as `v`. */
export const LINE_VERSION = 1;

/** Longest canonical line, in bytes of UTF-8. */
export const MAX_LINE_BYTES = 65_536;

/** The field of an entry for each key of a line, in the order in which a reader wants them. */
export const LINE_MEMBERS: readonly (readonly [
  key: string,
  field: Exclude<keyof EntryFields, "leafHash">,
])[] = [
  ["seq", "sequence"],
  ["id", "id"],
  ["timestamp", "timestamp"],
  ["operation", "operation"],
  ...OPTIONAL_COLUMNS.map(({ key, name }) => [key, name] as const),
  ["details", "details"],
  ["recorded_at", "recordedAt"],
  ["trace_id", "traceId"],
  ["span_id", "spanId"],
];

/** The texts that an entry may lack. */
const OPTIONAL_TEXTS = LINE_MEMBERS.filter(
  ([key]) => !["seq", "id", "timestamp", "operation", "details"].includes(key),
) as readonly (readonly [
  key: string,
  field: OptionalColumn | "recordedAt" | "traceId" | "spanId",
])[];

/**
 * Writes the canonical line of an entry: JSON by RFC 8785, snake_case keys, absent fields left out.
 *
 * @param log - The log id.
 * @param entry - A validated entry: strings are well formed, numbers finite.
 */
export function canonicalLine(log: string, entry: Omit<EntryFields, "leafHash">): string {
  return canonicalLeaf(log, entry).slice(1);
}

/**
 * Writes the canonical line of an entry behind a NUL, in one piece: the text that the leaf hash is
 * made of.
 *
 * The keys of a line are fixed. They stand here in the order of RFC 8785 section 3.2.3 and need no
 * sorting. The npm package `canonicalize` writes the same in twice the time (measured) and is the
 * oracle of the tests. The hash needs one flat string, and flattening takes longer than hashing if
 * the pieces are many or are trees of their own (measured). So each piece is added to all before
 * it, and the quote that ends a value stands with the key after it.
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
 * Hashes a line as a leaf of the Merkle tree, SHA-256(0x00 || line) (RFC 9162 section 2.1.1), in
 * hexadecimal.
 *
 * @param line - The line without its end. A string is hashed as UTF-8. Pass bytes where they came
 * as bytes: bytes that are not UTF-8 do not survive the way into a string.
 */
export function leafHash(line: string | Uint8Array): string {
  return sha256Hex(leafOf(line));
}

/**
 * Hashes a line as a leaf of the Merkle tree (RFC 9162 section 2.1.1), into 32 bytes.
 *
 * @param line - The line without its end, as text or as the bytes that came.
 */
export function leafHashOf(line: string | Uint8Array): Uint8Array {
  return sha256(leafOf(line));
}

/**
 * Hashes a {@link canonicalLeaf}, in hexadecimal. The NUL before its line is the byte 0x00 in
 * UTF-8.
 */
export function hashOfLeaf(leaf: string): string {
  return sha256Hex(leaf);
}

/**
 * Makes the entry of a line, deeply frozen as the one that was sealed.
 *
 * @param members - The parsed line. Its types are taken on trust: check the leaf hash or {@link
 * isEntry} first.
 * @param leafHash - Of the line, hexadecimal.
 */
export function entryOfLine(members: UnknownObject, leafHash: string): AuditEntry {
  const entry: Mutable<EntryFields> = {
    sequence: members["seq"] as number,
    id: members["id"] as string,
    timestamp: members["timestamp"] as string,
    operation: members["operation"] as string,
    details: members["details"] as EntryFields["details"],
    leafHash,
  };
  for (const [key, field] of OPTIONAL_TEXTS) {
    const value = members[key];
    if (value !== undefined) entry[field] = value as string;
  }
  freeze(entry.details);
  return Object.freeze(entry) as AuditEntry;
}

/** Whether the members have the types of an entry's; their values may still be any. */
function isEntry(members: UnknownObject): boolean {
  return (
    isSequence(members["seq"]) &&
    isObject(members["details"]) &&
    ["id", "log", "operation", "timestamp"].every((key) => typeof members[key] === "string") &&
    OPTIONAL_TEXTS.every(([key]) => members[key] === undefined || typeof members[key] === "string")
  );
}

/**
 * What a line says, as far as a verifier needs it. Of a line that is not canonical, a column can be
 * of any type.
 */
export interface LineSummary {
  readonly sequence: number;
  readonly log: string;
  readonly timestamp: string;
  /** When it was recorded, as the line has it. */
  readonly recordedAt: string;
  /** The same in milliseconds since 1970. NaN for a text that is not a time. */
  readonly recordedMillis: number;
  /**
   * Operation, proposal, subject, kind, actor and decision, in this order. Undefined where the line
   * lacks one.
   */
  readonly columns: readonly unknown[];
  /** Whether the line is the one that the log writes for this entry, byte for byte. */
  readonly canonical: boolean;
}

const TEXT = "[ !#-[\\]-~]*";
const PLAIN_TEXT = `"${TEXT}"`;
const ANY = `"(${TEXT})"`;
const optional = (key: string, value = ANY): string => `(?:"${key}":${value},)?`;
/**
 * Its groups have no names: an object of them for each line would cost as much as the match
 * (measured).
 */
const CANONICAL = new RegExp(
  `^\\{${optional("actor_did")}${optional("decision")}` +
    `"details":(?:\\{(?:${PLAIN_TEXT}:${PLAIN_TEXT})?\\}|(\\{[^{}]*\\})),` +
    `"id":${PLAIN_TEXT},${optional("kind")}"log":${ANY},"operation":${ANY},` +
    `${optional("proposal_id")}${optional("recorded_at")}` +
    `"seq":(0|[1-9][0-9]{0,14}),${optional("span_id", PLAIN_TEXT)}${optional("subject_id")}` +
    `"timestamp":${ANY},${optional("trace_id", PLAIN_TEXT)}"v":${LINE_VERSION}\\}$`,
);

/**
 * Reads a line that may come from anybody. Undefined where it is not a JSON object with a sequence,
 * a log and a time.
 *
 * Most lines hold printable ASCII and flat details. For those, one expression says all, in a
 * quarter of the time that it takes to parse a line and to write it again (measured): each key in
 * its only place, each text without an escape. A line that it does not match is read by {@link
 * readAnyLine}.
 */
export function readLine(line: string): LineSummary | undefined {
  const match = CANONICAL.exec(line);
  if (match === null) return readAnyLine(line);
  const details = match[3];
  // Details of one text at most are matched whole.
  if (details !== undefined && !isFlatCanonical(details)) return readAnyLine(line);
  const timestamp = match[11] as string;
  const recordedAt = match[8] ?? timestamp;
  return {
    sequence: Number(match[9]),
    log: match[5] as string,
    timestamp,
    recordedAt,
    recordedMillis: parseTimestamp(recordedAt),
    columns: [match[6], match[7], match[10], match[4], match[1], match[2]],
    canonical: true,
  };
}

/** Answers what {@link readLine} answers, by parsing the line and writing it again. */
export function readAnyLine(line: string): LineSummary | undefined {
  const members = parseObject(line);
  if (members === undefined) return undefined;
  const { seq, log, timestamp, recorded_at: recorded } = members;
  if (!isSequence(seq)) return undefined;
  if (typeof log !== "string" || typeof timestamp !== "string") return undefined;
  const recordedAt = typeof recorded === "string" ? recorded : timestamp;
  try {
    return {
      sequence: seq,
      log,
      timestamp,
      recordedAt,
      recordedMillis: parseTimestamp(recordedAt),
      columns: COLUMNS.map(({ key }) => members[key]),
      canonical: isCanonical(members, line),
    };
  } catch {
    return undefined; // nested so deep that writing it again runs out of stack
  }
}

/** Whether a log writes these members as this line. Throws `RangeError` if they nest too deep. */
function isCanonical(members: UnknownObject, line: string): boolean {
  return (
    isEntry(members) && canonicalLine(members["log"] as string, entryOfLine(members, "")) === line
  );
}

/**
 * Reads the entry of a line that may come from anybody, and the log that the line names. Undefined
 * unless a log writes this entry as this line, byte for byte.
 *
 * @param hash - The leaf hash of the line, hexadecimal, where it is known.
 */
export function readEntry(
  line: string,
  hash: string = leafHash(line),
): { readonly entry: AuditEntry; readonly log: string } | undefined {
  const members = line.length > MAX_LINE_BYTES ? undefined : parseObject(line);
  try {
    if (members === undefined || !isCanonical(members, line)) return undefined;
  } catch {
    return undefined; // nested so deep that writing it again runs out of stack
  }
  const entry = entryOfLine(members, hash);
  return Number.isNaN(parseTimestamp(entry.timestamp))
    ? undefined
    : { entry, log: members["log"] as string };
}

function leafOf(line: string | Uint8Array): string | Uint8Array {
  if (typeof line === "string") return `\0${line}`;
  const leaf = Buffer.allocUnsafe(1 + line.length);
  leaf[0] = 0x00;
  leaf.set(line, 1);
  return leaf;
}

let lastLog: string | undefined;
let lastLogMember = "";

/**
 * From the end of one string to the beginning of another, kept since a log writes only lines of its
 * own.
 */
function logMember(log: string): string {
  if (log !== lastLog) {
    lastLogMember = flat('","log":"', escaped(log), '","operation":"');
    lastLog = log;
  }
  return lastLogMember;
}

/** Printable ASCII that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * What `JSON.stringify` writes between the quotes. Where the test avoids that call, it takes a
 * third of the time (measured).
 */
function escaped(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

/**
 * Adds a value. RFC 8785 writes strings and numbers as `JSON.stringify` does; only the order of
 * keys differs.
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

/** Keys met so far, as they are written; bounded, since apps choose them. */
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

/** Joins pieces into one flat string; `+` makes a tree. */
function flat(...pieces: readonly string[]): string {
  return pieces.join("");
}

/**
 * Whether details without an object in them are as RFC 8785 has them: `JSON.stringify` does all but
 * sort the keys.
 */
function isFlatCanonical(details: string): boolean {
  const members = parseObject(details) as JsonObject | undefined;
  if (members === undefined) return false;
  let last: string | undefined;
  for (const key of Object.keys(members)) {
    if (last !== undefined && key <= last) return false;
    last = key;
  }
  try {
    return JSON.stringify(members) === details;
  } catch {
    return false; // arrays nested so deep that writing them again runs out of stack
  }
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function freeze(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) freeze(member);
  Object.freeze(value);
}
