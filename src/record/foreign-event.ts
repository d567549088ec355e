import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { AuditEvent } from "../entry/audit-event.js";
import { COLUMNS, type ColumnName } from "../entry/columns.js";
import type { JsonValue } from "../entry/json.js";
import { invalidEntry } from "../errors.js";
import * as semconv from "../semconv.js";

/**
 * The SDK sets both times of a record that was emitted without a time. An older time was set by the
 * app.
 */
const STAMPED_WITHIN_MILLIS = 1000;

/**
 * Makes an event of a record that the app's own OpenTelemetry logger emitted with a
 * `governance.operation` attribute.
 *
 * The columns come from their attributes, the time from `governance.timestamp_millis` or from the
 * record. The body becomes `details.body`. Every attribute that is not a column becomes a detail.
 *
 * @returns The event, which is not validated yet.
 * @throws {@link AuditError} `invalid_entry` when the SDK has truncated the record, or the record
 * names a detail twice.
 */
export function foreignEvent(record: ReadableLogRecord): AuditEvent {
  if (record.droppedAttributesCount > 0)
    throw invalidEntry(
      "attributes",
      `the SDK dropped ${record.droppedAttributesCount} (raise attributeCountLimit)`,
    );
  const columns: Record<string, unknown> = {};
  const details: Record<string, unknown> = Object.create(null);
  const addDetail = (key: string, value: unknown): void => {
    if (key in details) throw invalidEntry(`details.${key}`, "the record names it twice");
    details[key] = value;
  };
  for (const [key, value] of Object.entries(record.attributes)) {
    const column = NAMES.get(key);
    if (column !== undefined) columns[column] = value;
    else if (key !== semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS) addDetail(detailKey(key), value);
  }
  if (record.body !== undefined) addDetail("body", record.body);
  const timestamp = timestampOf(record);
  return {
    ...(columns as { operation: string }),
    details: details as Record<string, JsonValue>,
    ...(timestamp && { timestamp }),
  };
}

const NAMES: ReadonlyMap<string, ColumnName> = new Map(
  COLUMNS.map(({ attribute, name }) => [attribute, name]),
);

function detailKey(attribute: string): string {
  const prefix = semconv.ATTR_GOVERNANCE_DETAILS_PREFIX;
  return attribute.startsWith(prefix) ? attribute.slice(prefix.length) : attribute;
}

/** When it happened, or undefined for "now, by the log's own clock". */
function timestampOf(record: ReadableLogRecord): Date | undefined {
  const given = record.attributes[semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS];
  if (given !== undefined) {
    if (typeof given !== "number")
      throw invalidEntry(semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS, "expected a number");
    return new Date(given);
  }
  const [seconds, nanos] = record.hrTime;
  const millis = seconds * 1000 + Math.floor(nanos / 1e6);
  const sameTimes = seconds === record.hrTimeObserved[0] && nanos === record.hrTimeObserved[1];
  return sameTimes && isNow(millis) ? undefined : new Date(millis);
}

/**
 * Whether the SDK stamped this time just now. It takes a small number for a reading of
 * `performance.now()`: where the clock is not set yet, it adds the start of the process.
 */
function isNow(millis: number): boolean {
  const now = Date.now();
  return [now, performance.timeOrigin + now].some(
    (stamp) => Math.abs(stamp - millis) < STAMPED_WITHIN_MILLIS,
  );
}
