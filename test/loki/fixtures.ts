import { resourceFromAttributes } from "@opentelemetry/resources";
import { type AuditEvent, validateEvent } from "../../src/entry/audit-event.js";
import { type SealedEntry, sealEntry } from "../../src/entry/seal.js";
import { randomUuid } from "../../src/entry/uuid.js";
import { LokiAuditReader, type LokiAuditReaderOptions } from "../../src/loki/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { replayedRecord } from "../../src/record/replayed-record.js";
import type { FakeLoki } from "./fake-loki.ts";

export const LOG = "acme.example/governance";
export const SELECTOR = '{service_name="federation"}';

const scope = { name: "quorumlog", version: "1.2.3" };
export const resource = resourceFromAttributes({
  "service.name": "federation",
  "service.instance.id": "one",
});

/** A sealed entry with the log and the nanosecond of its record. */
export interface Sealed extends SealedEntry {
  readonly log: string;
  readonly time: readonly [seconds: number, nanos: number];
}

/** What differs from an entry of {@link LOG} that was recorded some seconds ago. */
export interface SealedOptions {
  readonly log?: string | undefined;
  readonly recordedMillis?: number | undefined;
}

/** Seals an event; records stand a nanosecond apart for each sequence. */
export function sealed(
  sequence: number,
  event: Partial<AuditEvent> = {},
  { log = LOG, recordedMillis = Date.now() - 60_000 }: SealedOptions = {},
): Sealed {
  const one = sealEntry(validateEvent({ operation: "vote_cast", ...event }), {
    log,
    sequence,
    id: randomUuid(),
    recordedMillis,
    traceId: undefined,
    spanId: undefined,
  });
  return {
    ...one,
    log,
    time: [Math.floor(recordedMillis / 1000), (recordedMillis % 1000) * 1e6 + sequence],
  };
}

/** A log of so many entries. */
export function logOf(count: number, event?: (sequence: number) => Partial<AuditEvent>): Sealed[] {
  const recordedMillis = Date.now() - 60_000;
  return Array.from({ length: count }, (_, sequence) =>
    sealed(sequence, event?.(sequence), { recordedMillis }),
  );
}

/** Sends entries to a Loki by the mirror that users have, to the path that Loki itself takes OTLP at. */
export async function send(
  url: string,
  entries: readonly Sealed[],
  from = resource,
): Promise<void> {
  const mirror = otlpMirror({ url: `${url}/otlp/v1/logs`, delayMillis: 0, maxBatchSize: 2000 });
  for (const one of entries)
    mirror.onEmit(
      replayedRecord(one, one.log, [...one.time], {
        traceFlags: undefined,
        resource: from,
        scope,
      }) as Parameters<typeof mirror.onEmit>[0],
    );
  await mirror.forceFlush();
  await mirror.shutdown();
}

/** A reader of a Loki's {@link SELECTOR}. */
export function readerOf(
  { url }: Pick<FakeLoki, "url">,
  options: Partial<LokiAuditReaderOptions> = {},
): LokiAuditReader {
  return new LokiAuditReader({ url, selector: SELECTOR, timeoutMillis: 5000, ...options });
}

/** All that an iterable has. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const held: T[] = [];
  for await (const item of items) held.push(item);
  return held;
}
