import { canonicalLine, LINE_VERSION } from "../entry/canonical-line.js";
import { entryOfLine, OPTIONAL_TEXTS } from "../entry/entry-of-line.js";
import type { JsonObject } from "../entry/json.js";

/** What a verifier needs to know of an entry. */
export interface LineFields {
  readonly sequence: number;
  readonly log: string;
  /** When it was recorded, as the line has it. */
  readonly recordedAt: string;
  /** Whether the line is the one that the log writes for this entry, byte for byte. */
  readonly canonical: boolean;
}

const PLAIN = '"[ !#-[\\]-~]*"';
const optional = (key: string, value = PLAIN): string => `(?:"${key}":${value},)?`;
// Its groups have no names: an object of them for each line would cost as much as the match (measured).
const CANONICAL = new RegExp(
  `^\\{${optional("actor_did")}${optional("decision")}"details":(?:\\{(?:${PLAIN}:${PLAIN})?\\}|(\\{[^{}]*\\})),` +
    `"id":${PLAIN},${optional("kind")}"log":"([ !#-[\\]-~]*)","operation":${PLAIN},${optional("proposal_id")}` +
    `${optional("recorded_at", `(${PLAIN})`)}"seq":(0|[1-9][0-9]{0,14}),${optional("span_id")}` +
    `${optional("subject_id")}"timestamp":(${PLAIN}),${optional("trace_id")}"v":${LINE_VERSION}\\}$`,
);

/**
 * Reads a line, which may be anybody's. Undefined where it is no JSON object with a sequence, a log and a time.
 *
 * Most lines hold printable ASCII and flat details. For those one expression says all at a quarter of the time that it
 * takes to parse a line and to write it again (measured): each key at its only place, each text without an escape. What it
 * does not match is no fault, but goes the long way.
 */
export function readLine(line: string): LineFields | undefined {
  const match = CANONICAL.exec(line);
  if (match === null) return readAnyLine(line);
  const [, details, log = "", recordedAt, sequence, timestamp = ""] = match;
  // Details of one text at most are matched whole.
  if (details !== undefined && !isFlatCanonical(details)) return readAnyLine(line);
  return {
    sequence: Number(sequence),
    log,
    recordedAt: (recordedAt ?? timestamp).slice(1, -1),
    canonical: true,
  };
}

/** Reads a line by parsing it and writing it again; what {@link readLine} answers is what this answers. */
export function readAnyLine(line: string): LineFields | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    if (!isObject(fields)) return undefined;
    const { seq, log, timestamp, recorded_at: recorded } = fields;
    if (!Number.isSafeInteger(seq) || (seq as number) < 0 || Object.is(seq, -0)) return undefined;
    if (typeof log !== "string" || typeof timestamp !== "string") return undefined;
    return {
      sequence: seq as number,
      log,
      recordedAt: typeof recorded === "string" ? recorded : timestamp,
      canonical: writtenAgain(log, fields) === line,
    };
  } catch {
    // No JSON, or nested so deep that writing it again runs out of stack.
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const TEXTS = ["id", "operation", "timestamp"];

function writtenAgain(log: string, fields: Fields): string | undefined {
  if (!isObject(fields["details"])) return undefined;
  if (!TEXTS.every((key) => typeof fields[key] === "string")) return undefined;
  if (
    !OPTIONAL_TEXTS.every(([key]) => fields[key] === undefined || typeof fields[key] === "string")
  )
    return undefined;
  return canonicalLine(log, entryOfLine(fields, ""));
}

/** Whether details without an object in them are as RFC 8785 has them: `JSON.stringify` does all but sort the keys. */
function isFlatCanonical(details: string): boolean {
  try {
    const members = JSON.parse(details) as JsonObject;
    let last: string | undefined;
    for (const key of Object.keys(members)) {
      if (last !== undefined && key <= last) return false;
      last = key;
    }
    return JSON.stringify(members) === details;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
