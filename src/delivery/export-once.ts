import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { ExportResultCode, suppressTracing } from "@opentelemetry/core";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type ExportFailure, exportFailure, thrownFailure } from "./export-error.js";

/**
 * One export; undefined for success. Never rejects.
 *
 * @param timeoutMillis - After which it counts as failed.
 * @param onLate - Called when the exporter said success after all, later than that.
 */
export async function exportOnce(
  exporter: LogRecordExporter,
  records: ReadableLogRecord[],
  timeoutMillis: number,
  onLate: () => void,
): Promise<ExportFailure | undefined> {
  await resourcesOf(records, timeoutMillis);
  const { promise, resolve } = Promise.withResolvers<ExportFailure | undefined>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    resolve({
      kind: "transient",
      reason: `no answer after ${timeoutMillis} ms`,
      retryAfterMillis: 0,
    });
  }, timeoutMillis).unref();
  const onAnswer = (failure: ExportFailure | undefined): void => {
    clearTimeout(timer);
    resolve(failure);
    if (isLate && failure === undefined) onLate();
  };
  try {
    // the export is nobody's span, whoever's record happened to start it
    context.with(suppressTracing(ROOT_CONTEXT), () =>
      exporter.export(records, ({ code, error }) =>
        onAnswer(code === ExportResultCode.SUCCESS ? undefined : exportFailure(error)),
      ),
    );
  } catch (error) {
    onAnswer(thrownFailure(error));
  }
  return promise;
}

/** Waits for attributes that are still being detected, so long at the most; the export goes without them then. */
async function resourcesOf(
  records: readonly ReadableLogRecord[],
  timeoutMillis: number,
): Promise<void> {
  const pending = new Set<ReadableLogRecord["resource"]>();
  for (const { resource } of records) if (resource.asyncAttributesPending) pending.add(resource);
  if (pending.size === 0) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMillis).unref();
  const detected = [...pending].map((resource) => resource.waitForAsyncAttributes?.());
  await Promise.race([Promise.allSettled(detected), late]);
  clearTimeout(timer);
}
