import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";

/**
 * The record as it is at this moment. The SDK's own stays writable: a processor further on may scrub or enrich it while
 * it is pending, and what arrived would not be what was sealed.
 */
export function snapshotOf(record: ReadableLogRecord): ReadableLogRecord {
  const { spanContext, severityText, severityNumber, body, eventName } = record;
  const snapshot: Mutable<ReadableLogRecord> = {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes: { ...record.attributes },
    droppedAttributesCount: record.droppedAttributesCount,
  };
  if (spanContext !== undefined) snapshot.spanContext = spanContext;
  if (severityText !== undefined) snapshot.severityText = severityText;
  if (severityNumber !== undefined) snapshot.severityNumber = severityNumber;
  if (body !== undefined) snapshot.body = body;
  if (eventName !== undefined) snapshot.eventName = eventName;
  return snapshot;
}
