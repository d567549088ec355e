import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { nanosOf } from "../record/sealed-record.js";
import { byOrigin, type Resource, type Scope } from "./by-origin.js";

/**
 * Writes records as an `ExportLogsServiceRequest` (`logs_service.proto`) in OTLP's JSON Protobuf
 * encoding, in UTF-8. The bytes are the same as those of the stock `JsonLogsSerializer`.
 *
 * @param memory - Where to write. What does not fit is written into a larger buffer.
 * @returns The part of the buffer that was written.
 * @throws what a getter in a value throws, and `RangeError` for a value that contains itself, or is
 * more than a thousand levels deep.
 */
export function logsJson(records: readonly ReadableLogRecord[], memory?: Buffer): Buffer {
  // what is undefined is not written
  const resourceLogs = Array.from(byOrigin(records), ([resource, scopes]) => ({
    resource: resourceJson(resource),
    scopeLogs: Array.from(scopes, ([scope, logs]) => ({
      scope: scopeJson(scope),
      logRecords: logs.map(logRecordJson),
      schemaUrl: scope.schemaUrl,
    })),
    schemaUrl: schemaOf(resource),
  }));
  const text = JSON.stringify({ resourceLogs });
  const length = Buffer.byteLength(text);
  const buffer =
    memory !== undefined && memory.length >= length ? memory : Buffer.allocUnsafeSlow(length);
  buffer.write(text);
  return buffer.subarray(0, length);
}

function resourceJson(resource: Resource): object {
  return {
    attributes: keyValues(resource.attributes),
    droppedAttributesCount: 0,
    schemaUrl: schemaOf(resource),
  };
}

/** The schema URL of a resource. An empty one counts as absent. */
function schemaOf({ schemaUrl }: Resource): string | undefined {
  return schemaUrl || undefined;
}

function scopeJson({ name, version, attributes, droppedAttributesCount }: Scope): object {
  const values = keyValues(attributes ?? {});
  if (values.length === 0) return { name, version };
  return {
    name,
    version,
    attributes: values,
    droppedAttributesCount: droppedAttributesCount ?? 0,
  };
}

function logRecordJson(log: ReadableLogRecord): object {
  const { spanContext } = log;
  return {
    timeUnixNano: wholeNanos(log.hrTime),
    observedTimeUnixNano: wholeNanos(log.hrTimeObserved),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    body: anyValue(log.body),
    eventName: log.eventName,
    attributes: keyValues(log.attributes),
    droppedAttributesCount: log.droppedAttributesCount,
    flags: spanContext?.traceFlags,
    traceId: spanContext?.traceId,
    spanId: spanContext?.spanId,
  };
}

/** The time of an app's own record may have fractions. */
function wholeNanos([seconds, nanos]: ReadableLogRecord["hrTime"]): string {
  return nanosOf(Math.trunc(seconds), Math.trunc(nanos)).toString();
}

/** Attributes as a list of `KeyValue` (`common.proto`). */
function keyValues(values: Readonly<Record<string, unknown>>): object[] {
  return Object.keys(values).map((key) => ({ key, value: anyValue(values[key]) }));
}

/**
 * An `AnyValue` (`common.proto`). Empty for a value that OTLP cannot hold, such as null or a
 * function.
 */
function anyValue(value: unknown): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "number":
      return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
    case "boolean":
      return { boolValue: value };
    case "object":
      return value === null ? {} : objectValue(value);
    default:
      return {};
  }
}

function objectValue(value: object): object {
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) {
    const values: object[] = [];
    for (let i = 0; i < value.length; i++) values.push(anyValue(value[i])); // holes too
    return { arrayValue: { values } };
  }
  return { kvlistValue: { values: keyValues(value as Readonly<Record<string, unknown>>) } };
}
