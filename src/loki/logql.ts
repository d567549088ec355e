import { RESERVED_OPERATION } from "../entry/operations.js";
import { MAX_TIME_MILLIS } from "../entry/timestamp.js";
import type { ParsedQuery } from "../query/audit-query.js";
import { COLUMN_LABELS, heldAs, LABELS } from "./labels.js";

/** Loki parses 128 KiB of a query at the most; what is longer is compared here alone. */
const MAX_VALUE = 8192;

/**
 * A text as a string of LogQL, which reads it as Go does: it knows every escape that JSON writes. Only a lone surrogate
 * cannot be said.
 *
 * @param text - Well formed.
 */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** The same records without their content, some bytes each whatever they hold. */
export function withoutContent(logql: string): string {
  return `${logql} | line_format "" | keep ${LABELS.sequence}`;
}

/** The records of logs among the streams: of one log, or of all. */
export function recordsOf(selector: string, logId: string | undefined): string {
  return logId === undefined
    ? `${selector} | ${LABELS.logId}!=""`
    : `${selector} | ${LABELS.logId}=${quoted(logId)}`;
}

/** The same without checkpoints. */
export function entriesOf(selector: string, logId: string | undefined): string {
  return `${recordsOf(selector, logId)} | ${LABELS.operation}!=${quoted(RESERVED_OPERATION)}`;
}

/**
 * The entries that a query can match, in LogQL; undefined where it can match none. Some may not match, and have to be
 * compared again: Loki tells an empty text from none as little as U+FFFD from a space.
 *
 * Times are those when it happened, which are no bounds for the time of the record: imports are old, and an app may
 * date ahead.
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
  const stages = [entriesOf(selector, logId)];
  for (const { column, value } of query.columns) {
    if (!value.isWellFormed()) return undefined;
    const held = quoted(heldAs(value) ?? "");
    if (held.length <= MAX_VALUE) stages.push(`${COLUMN_LABELS[column]}=${held}`);
  }
  if (sinceMillis > 0) stages.push(`${LABELS.timestampMillis}>=${sinceMillis}`);
  if (untilMillis <= MAX_TIME_MILLIS) stages.push(`${LABELS.timestampMillis}<${untilMillis}`);
  if (before < Number.POSITIVE_INFINITY) stages.push(`${LABELS.sequence}<${before}`);
  if (after >= 0) stages.push(`${LABELS.sequence}>${after}`);
  return stages.join(" | ");
}
