import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";

/** What sent a record. */
export type Resource = ReadableLogRecord["resource"];

/** Which part of it made the record. */
export type Scope = ReadableLogRecord["instrumentationScope"];

/** Groups records by the identity of resource and scope, in the order of their first records. */
export function byOrigin(
  records: readonly ReadableLogRecord[],
): Map<Resource, Map<Scope, ReadableLogRecord[]>> {
  const origins = new Map<Resource, Map<Scope, ReadableLogRecord[]>>();
  for (const record of records) {
    const { resource, instrumentationScope: scope } = record;
    const scopes = origins.get(resource) ?? new Map<Scope, ReadableLogRecord[]>();
    const logs = scopes.get(scope) ?? [];
    logs.push(record);
    scopes.set(scope, logs);
    origins.set(resource, scopes);
  }
  return origins;
}
