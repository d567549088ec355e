import type { ColumnName } from "../entry/columns.js";
import { RESERVED_OPERATION } from "../entry/operations.js";
import { MAX_TIME_MILLIS } from "../entry/timestamp.js";
import type { ParsedQuery } from "../query/audit-query.js";
import { COLUMN_LABELS, LABELS, storedText } from "./loki-record.js";

/** The longest pattern, in UTF-16 code units. */
const MAX_PATTERN = 8192;

/**
 * How many bytes the conditions of a query may have. Loki parses at most 128 KiB of a query. A
 * condition that has no room is compared only here.
 */
const MAX_CONDITIONS = 98_304;

/**
 * A text as a string of LogQL. LogQL reads strings as Go does, which knows every escape that JSON
 * writes, except a lone surrogate.
 *
 * @param text - Well formed.
 */
export function logqlString(text: string): string {
  return JSON.stringify(text);
}

/** The same records without their content: a few bytes each, whatever they hold. */
export function withoutContent(logql: string): string {
  return `${logql} | line_format "" | keep ${LABELS.sequence}`;
}

/** All records of one log, or of all logs, among the streams. */
function recordsOf(selector: string, logId: string | undefined): string {
  return logId === undefined
    ? `${selector} | ${LABELS.logId}!=""`
    : `${selector} | ${LABELS.logId}=${logqlString(logId)}`;
}

/** Labels by which dashboards take a record for an entry. */
const ENTRY_LABELS = [LABELS.operation, LABELS.sequence];

/** The same, with those that name no log, but look like entries on a dashboard. */
export function shownRecordsOf(selector: string, logId: string | undefined): string {
  const looking = ENTRY_LABELS.map((label) => `${label}!=""`).join(" or ");
  const ofLog = `${recordsOf(selector, logId)} or`;
  return logId === undefined
    ? `${ofLog} ${looking}`
    : `${ofLog} ${LABELS.logId}="" | ${LABELS.logId}!="" or ${looking}`;
}

/** All records of one log, or of all logs, without checkpoints. */
export function entriesOf(selector: string, logId: string | undefined): string {
  return `${recordsOf(selector, logId)} | ${LABELS.operation}!=${logqlString(RESERVED_OPERATION)}`;
}

/** The checkpoints alone. */
export function checkpointsOf(selector: string, logId: string | undefined): string {
  return `${recordsOf(selector, logId)} | ${LABELS.operation}=${logqlString(RESERVED_OPERATION)}`;
}

/**
 * The entries that a query can match, in LogQL. Undefined where it can match none.
 *
 * Not all of them match: Loki cannot tell an empty text from an absent one, or U+FFFD from a space.
 * The caller compares them again. The times of a query say when something happened. They do
 * not bound the time of the record: imports are old, and an app may date an event ahead.
 */
export function logqlOf(
  selector: string,
  logId: string | undefined,
  query: ParsedQuery,
): string | undefined {
  const { sinceMillis, untilMillis, before, after } = query;
  if (sinceMillis >= untilMillis || sinceMillis > MAX_TIME_MILLIS || untilMillis <= 0)
    return undefined;
  if (before <= after + 1) return undefined;
  let room = MAX_CONDITIONS;
  const fits = (condition: string): boolean => {
    const bytes = Buffer.byteLength(condition);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  };
  const searched = textsOf(query).filter(fits);
  const stages = [entriesOf([selector, ...searched].join(" |= "), logId)];
  for (const { column, values } of query.columns) {
    if (values.length === 0) return undefined;
    const stage = values
      .map((value) => `${COLUMN_LABELS[column]}=${logqlString(storedText(value) ?? "")}`)
      .join(" or ");
    if (fits(stage)) stages.push(stage);
  }
  if (sinceMillis > 0) stages.push(`${LABELS.timestampMillis}>=${sinceMillis}`);
  if (untilMillis <= MAX_TIME_MILLIS) stages.push(`${LABELS.timestampMillis}<${untilMillis}`);
  if (before < Number.POSITIVE_INFINITY) stages.push(`${LABELS.sequence}<${before}`);
  if (after >= 0) stages.push(`${LABELS.sequence}>${after}`);
  return stages.join(" | ");
}

/**
 * The texts that lines have, if their entries have the details and the trace id of a query, in
 * LogQL. A line can have such a text in another place too. Structured metadata is no help: it lacks
 * details that are too many, too long, or whose keys no attribute can have.
 */
function textsOf({ details, traceId }: ParsedQuery): string[] {
  const texts = details.map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (traceId !== undefined) texts.push(`"trace_id":${JSON.stringify(traceId)}`);
  return texts.map(logqlString);
}

/** The characters with a meaning in a regular expression of Go (RE2). */
const META = /[\\.+*?()|[\]{}^$]/g;

/**
 * The entries whose column ends in a text after a `:` or `/`, without those that have one of some
 * values. Undefined where no entry can.
 */
export function logqlEndingIn(
  selector: string,
  logId: string | undefined,
  { column, value }: { readonly column: ColumnName; readonly value: string },
  others: readonly string[],
): string | undefined {
  if (!value.isWellFormed()) return undefined;
  const label = COLUMN_LABELS[column];
  const end = (storedText(value) ?? "").replaceAll(META, "\\$&");
  const pattern = logqlString(`(?s).*[:/]${end}`);
  if (pattern.length > MAX_PATTERN) return undefined;
  const without = others.map((other) => `${label}!=${logqlString(storedText(other) ?? "")}`);
  return [entriesOf(selector, logId), `${label}=~${pattern}`, ...without].join(" | ");
}
