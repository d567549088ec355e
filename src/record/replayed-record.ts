import type { Attributes, HrTime, SpanContext } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { SealedEntry } from "../entry/seal.js";
import { ATTR_GOVERNANCE_SEQUENCE, SCOPE_NAME, SCOPE_VERSION } from "../semconv.js";
import { type SealableRecord, writeSeal } from "./sealed-record.js";

/** The scope of a record, with its attributes. */
export type RecordScope = ReadableLogRecord["instrumentationScope"];

/** What a record carries beside its seal. */
export interface RecordSurroundings {
  readonly traceFlags: number | undefined;
  /** The same object for all records of one resource: exporters group by identity. */
  readonly resource: Resource;
  /** The same object for all records of one scope. */
  readonly scope: RecordScope;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The record of an entry that was sealed earlier, to be sent again: it says what the first one said.
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

/** What a record has that came about without any app's logger. */
export function noSurroundings(): Pick<RecordSurroundings, "resource" | "scope"> {
  return {
    resource: resourceFromAttributes({}),
    scope: { name: SCOPE_NAME, version: SCOPE_VERSION },
  };
}

/** The sequence of a sealed record; undefined for any other. */
export function sequenceOf(record: ReadableLogRecord): number | undefined {
  const sequence = record.attributes[ATTR_GOVERNANCE_SEQUENCE];
  return typeof sequence === "number" ? sequence : undefined;
}

/**
 * A resource as JSON text. Attributes that are still being detected are left out, without the SDK's complaint about
 * reading them too early.
 */
export function encodeResource(resource: Resource): string {
  const attributes: Record<string, unknown> = {};
  // the first of two equal keys wins, as in Resource.attributes
  for (const [key, value] of resource.getRawAttributes())
    if (value !== undefined && !isPromise(value)) attributes[key] ??= value;
  return JSON.stringify({ attributes, schemaUrl: resource.schemaUrl });
}

/** The resource of {@link encodeResource}. */
export function decodeResource(json: string): Resource {
  const { attributes, schemaUrl } = JSON.parse(json);
  return resourceFromAttributes(attributes, schemaUrl === undefined ? {} : { schemaUrl });
}

/** A scope as JSON text. */
export function encodeScope(scope: RecordScope): string {
  const { name, version, schemaUrl, attributes, droppedAttributesCount } = scope;
  return JSON.stringify({ name, version, schemaUrl, attributes, droppedAttributesCount });
}

/** The scope of {@link encodeScope}. */
export function decodeScope(json: string): RecordScope {
  return JSON.parse(json);
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
