import { COLUMNS } from "../entry/columns.js";
import { parseObject } from "../entry/json.js";
import { isLineOf } from "../entry/line.js";
import { formatTimestamp } from "../entry/timestamp.js";
import type { EvidenceRow } from "./entry-table.js";

/**
 * Says where the columns of a row differ from its line. Queries find a row by its columns, so each must say what the line
 * says. Undefined when all do.
 *
 * @param log - The log id.
 */
export function columnsProblem(row: EvidenceRow, log: string): string | undefined {
  const timestamp = timestampOf(row);
  if (isLineOf(row.text, log, timestamp, row)) return undefined;
  const members = parseObject(row.text);
  if (members === undefined) return undefined; // the verifier says what that is
  const wrong = COLUMNS.map(({ key }) => key).filter(
    (key) => !says(row[key], members[key] ?? null),
  );
  if (members["timestamp"] !== timestamp) wrong.push("timestamp_millis");
  if (members["seq"] !== row.seq) wrong.push("sequence");
  if (members["log"] !== log) wrong.push("log_id");
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
