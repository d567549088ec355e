import { formatTimestamp } from "../entry/timestamp.js";
import type { EvidenceRow } from "./entry-table.js";

/** The columns that stand in the line under the same name. */
const TEXTS = ["operation", "proposal_id", "subject_id", "kind", "actor_did", "decision"] as const;

/** In a text of JSON these stand for something else. */
const ESCAPED = /["\\]/;

/** `"id":"…",` with a UUID in it. */
const ID_LENGTH = 44;

/**
 * What is wrong with the columns of a row, by which it is found: each must say what its line says. Undefined when nothing
 * is.
 *
 * A line is canonical, or the verifier says so. In such a one each column has its place between two neighbours, which is
 * looked up at a third of the time that it takes to parse the line (measured); what is not found so is parsed.
 *
 * @param log - The log id.
 */
export function columnsProblem(row: EvidenceRow, log: string): string | undefined {
  const timestamp = timestampOf(row);
  if (areInPlace(row, log, timestamp)) return undefined;
  let fields: { readonly [name: string]: unknown };
  try {
    fields = JSON.parse(row.text);
  } catch {
    return undefined; // the verifier says what that is
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const wrong = TEXTS.filter((name) => !says(row[name], fields[name] ?? null)) as string[];
  if (fields["timestamp"] !== timestamp) wrong.push("timestamp_millis");
  if (fields["seq"] !== row.seq) wrong.push("sequence");
  if (fields["log"] !== log) wrong.push("log_id");
  return wrong.length === 0
    ? undefined
    : `the journal finds it by another ${wrong.join(", ")} than its line has`;
}

/** Node 22 reads a text up to its first NUL. */
function says(column: unknown, value: unknown): boolean {
  return (
    column === value ||
    (typeof value === "string" && value.includes("\0") && column === value.split("\0")[0])
  );
}

/** Undefined for a number that is no time, which only somebody else can have written there. */
function timestampOf({ timestampMillis }: EvidenceRow): string | undefined {
  return Number.isNaN(new Date(timestampMillis).getTime())
    ? undefined
    : formatTimestamp(timestampMillis);
}

function areInPlace(row: EvidenceRow, log: string, timestamp: string | undefined): boolean {
  const { text: line } = row;
  const head = `{${member("actor_did", row["actor_did"])}${member("decision", row["decision"])}"details":{`;
  if (!line.startsWith(head)) return false;
  const middle = `${member("log", log)}${member("operation", row["operation"])}${member("proposal_id", row["proposal_id"])}`;
  const start = line.lastIndexOf('"log":'); // a text has no quotation mark without a backslash
  if (!line.startsWith(middle, start)) return false;
  const kind = member("kind", row["kind"]);
  if (!line.startsWith('"id":"', start - kind.length - ID_LENGTH)) return false;
  if (!line.startsWith(kind, start - kind.length)) return false;
  const tail = line.slice(start + middle.length);
  if (!tail.startsWith('"seq":') && !tail.startsWith('"recorded_at":')) return false;
  const subject = member("subject_id", row["subject_id"]);
  if (subject === "" && tail.includes('"subject_id":')) return false;
  return (
    tail.includes(`"seq":${row.seq},`) && tail.includes(`${subject}"timestamp":"${timestamp}",`)
  );
}

/** A member of a line; what needs another escape is not found in the line, and goes the long way. */
function member(name: string, value: unknown): string {
  if (value === null) return "";
  if (typeof value !== "string" || ESCAPED.test(value))
    return `"${name}":${JSON.stringify(value)},`;
  return `"${name}":"${value}",`;
}
