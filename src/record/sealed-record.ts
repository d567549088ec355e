import type { Attributes, AttributeValue, HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Mutable } from "../entry/audit-entry.js";
import type { JsonObject } from "../entry/json.js";
import type { SealedEntry } from "../entry/seal.js";
import * as semconv from "../semconv.js";
import { type ReadWriteLogRecord, SEVERITY, type SeverityNumber } from "./log-record.js";
import type { RecordSurroundings } from "./surroundings.js";

/** How many details become attributes. The body has all details. */
export const MAX_DETAIL_ATTRIBUTES = 32;

/**
 * The longest text that becomes an attribute. Loki refuses a record with more than 64 KiB of
 * attributes.
 */
export const MAX_DETAIL_LENGTH = 1024;

const DETAIL_KEY = /^[a-z][a-z0-9_]*$/;

/** The attribute names of detail keys met so far. Bounded, since apps choose the keys. */
const DETAIL_NAMES = new Map<string, string>();
const MAX_DETAIL_NAMES = 1024;
const MAX_CACHED_KEY = 64;

type Severity = keyof typeof SEVERITY;

/** Operations that an operator should see at once. All others are INFO. */
const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ["byzantine_detected", "ERROR"],
  ["authorization_revoked", "WARN"],
  ["node_removed", "WARN"],
  [semconv.OPERATION_RULE_VIOLATED, "WARN"],
  ["log_hold_released", "WARN"],
]);

/** The severity that records of an operation have. */
export function severityOf(operation: string): SeverityNumber {
  return SEVERITY[SEVERITIES.get(operation) ?? "INFO"];
}

/** The event name that records of an operation have. */
export function eventNameOf(operation: string): string {
  return semconv.EVENT_NAME_PREFIX + operation;
}

/**
 * The part of a record that {@link writeSeal} writes. A record of the SDK has it, and so has a
 * plain object.
 */
export type SealableRecord = Pick<
  ReadWriteLogRecord,
  | "attributes"
  | "body"
  | "eventName"
  | "hrTime"
  | "hrTimeObserved"
  | "severityNumber"
  | "severityText"
>;

/**
 * Writes the sealed entry into a record: event name, severity, the canonical line as a string body,
 * and flat scalar attributes. Loki returns only a string body byte for byte. Other attributes of
 * the record stay.
 *
 * It assigns the attributes instead of calling `setAttribute`. `setAttribute` would apply the
 * attribute limits of the app's provider, which must not cut a seal, and takes five times as long
 * (measured).
 *
 * @param log - The log id.
 * @param time - The time of recording, strictly later than the time of the sequence before.
 */
export function writeSeal(
  record: SealableRecord,
  sealed: SealedEntry,
  log: string,
  time: HrTime,
): void {
  const { entry } = sealed;
  // attributes come first: frozen ones throw, and then the record must not say that it was sealed
  const { attributes } = record;
  attributes[semconv.ATTR_GOVERNANCE_OPERATION] = entry.operation;
  attributes[semconv.ATTR_GOVERNANCE_LOG_ID] = log;
  attributes[semconv.ATTR_GOVERNANCE_SEQUENCE] = entry.sequence;
  attributes[semconv.ATTR_GOVERNANCE_LEAF_HASH] = entry.leafHash;
  attributes[semconv.ATTR_GOVERNANCE_TIMESTAMP_MILLIS] = sealed.timestampMillis;
  attributes[semconv.ATTR_LOG_RECORD_UID] = entry.id;
  if (entry.proposalId !== undefined)
    attributes[semconv.ATTR_GOVERNANCE_PROPOSAL_ID] = entry.proposalId;
  if (entry.subjectId !== undefined)
    attributes[semconv.ATTR_GOVERNANCE_SUBJECT_ID] = entry.subjectId;
  if (entry.kind !== undefined) attributes[semconv.ATTR_GOVERNANCE_KIND] = entry.kind;
  if (entry.actorDid !== undefined) attributes[semconv.ATTR_GOVERNANCE_ACTOR_DID] = entry.actorDid;
  if (entry.decision !== undefined) attributes[semconv.ATTR_GOVERNANCE_DECISION] = entry.decision;
  writeDetails(attributes, entry.details);
  record.eventName = eventNameOf(entry.operation);
  record.hrTime = time;
  record.hrTimeObserved = time;
  record.severityNumber = severityOf(entry.operation);
  // a text of the app's own would be about the app's own severity
  if (record.severityText !== undefined)
    record.severityText = SEVERITIES.get(entry.operation) ?? "INFO";
  record.body = sealed.line;
}

/** Whether a log has sealed the record. */
export function isSealed(attributes: Attributes): boolean {
  return attributes[semconv.ATTR_GOVERNANCE_LOG_ID] !== undefined;
}

const NANOS_PER_SECOND = 1_000_000_000n;

/** Returns a time in nanoseconds. Throws `RangeError` for parts that are not integers. */
export function nanosOf(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * NANOS_PER_SECOND + BigInt(nanos);
}

/**
 * Returns the time of a record that comes after another one: the reading of the clock or, if that
 * did not rise, one nanosecond later.
 */
export function risenAbove([lastSeconds, lastNanos]: HrTime, millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  const nanos = (millis - seconds * 1000) * 1e6;
  if (seconds > lastSeconds || (seconds === lastSeconds && nanos > lastNanos))
    return [seconds, nanos];
  return lastNanos === 999_999_999 ? [lastSeconds + 1, 0] : [lastSeconds, lastNanos + 1];
}

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
  const sequence = record.attributes[semconv.ATTR_GOVERNANCE_SEQUENCE];
  return typeof sequence === "number" ? sequence : undefined;
}

function writeDetails(attributes: Attributes, details: JsonObject): void {
  let room = MAX_DETAIL_ATTRIBUTES;
  for (const key of Object.keys(details)) {
    const value = details[key];
    if (!fitsAttribute(value)) continue;
    const name = detailName(key);
    if (name === undefined) continue;
    if (room-- === 0) return;
    attributes[name] = value;
  }
}

function detailName(key: string): string | undefined {
  const known = DETAIL_NAMES.get(key);
  if (known !== undefined) return known;
  if (!DETAIL_KEY.test(key)) return undefined;
  const name = semconv.ATTR_GOVERNANCE_DETAILS_PREFIX + key;
  if (DETAIL_NAMES.size < MAX_DETAIL_NAMES && key.length <= MAX_CACHED_KEY)
    DETAIL_NAMES.set(key, name);
  return name;
}

/**
 * Leaves out a whole number that is not a safe integer: it would reach the backend as a wrong
 * integer.
 */
function fitsAttribute(value: unknown): value is AttributeValue {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return (
    (typeof value === "string" && value.length <= MAX_DETAIL_LENGTH) || typeof value === "boolean"
  );
}
