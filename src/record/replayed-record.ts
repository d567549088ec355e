import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";
import type { SealedEntry } from "../entry/seal.js";
import { ATTR_GOVERNANCE_SEQUENCE } from "../semconv.js";
import { type SealableRecord, writeSeal } from "./sealed-record.js";
import type { RecordSurroundings } from "./surroundings.js";

/**
 * Makes the record of an entry that was sealed earlier, to send it again. It says what the first
 * record said.
 *
 * @param log - The log id.
 * @param time - The time of recording.
 */
export function replayedRecord(
  sealed: SealedEntry,
  log: string,
  time: HrTime,
  { traceFlags, resource, scope }: RecordSurroundings,
): ReadableLogRecord {
  const { traceId, spanId } = sealed.entry;
  const attributes: Attributes = {};
  const record: Mutable<ReadableLogRecord> & SealableRecord = {
    hrTime: time,
    hrTimeObserved: time,
    resource,
    instrumentationScope: scope,
    attributes,
    droppedAttributesCount: 0,
  };
  if (traceId !== undefined && spanId !== undefined)
    record.spanContext = { traceId, spanId, traceFlags: traceFlags ?? 0 } satisfies SpanContext;
  writeSeal(record, sealed, log, time);
  return record;
}

/** The sequence of a sealed record; undefined for any other. */
export function sequenceOf(record: ReadableLogRecord): number | undefined {
  const sequence = record.attributes[ATTR_GOVERNANCE_SEQUENCE];
  return typeof sequence === "number" ? sequence : undefined;
}
