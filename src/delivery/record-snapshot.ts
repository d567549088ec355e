import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";

/**
 * The record as it is at this moment. The SDK's own stays writable: a processor further on may scrub or enrich it while
 * it is pending, and what arrived would not be what was sealed.
 */
export function snapshotOf(record: ReadableLogRecord): ReadableLogRecord {
  const { spanContext, severityText, severityNumber, body, eventName } = record;
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes: { ...record.attributes },
    droppedAttributesCount: record.droppedAttributesCount,
    ...(spanContext !== undefined && { spanContext }),
    ...(severityText !== undefined && { severityText }),
    ...(severityNumber !== undefined && { severityNumber }),
    ...(body !== undefined && { body }),
    ...(eventName !== undefined && { eventName }),
  };
}
