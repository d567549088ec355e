import { type Context, context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { type ExportFailure, exportFailure } from "./export-error.js";

/** What an exporter answers. The same as `ExportResultCode` of `@opentelemetry/core`. */
export const EXPORT_RESULT: { readonly SUCCESS: 0; readonly FAILED: 1 } = { SUCCESS: 0, FAILED: 1 };

/**
 * A context in which nothing is traced. Instrumentations know it by the key of
 * `@opentelemetry/core`, which is not loaded: as a peer, it would often conflict with the release
 * that the app has.
 */
export const UNTRACED: Context = ROOT_CONTEXT.setValue(
  createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING"),
  true,
);

/**
 * Exports records once. Returns undefined for success. Never rejects.
 *
 * @param timeoutMillis - When the export counts as failed.
 * @param onLate - Called if the exporter reports success after that time.
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
    resolve(exportFailure(new Error(`no answer after ${timeoutMillis} ms`)));
  }, timeoutMillis).unref();
  const onAnswer = (failure: ExportFailure | undefined): void => {
    clearTimeout(timer);
    resolve(failure);
    if (isLate && failure === undefined) onLate();
  };
  try {
    // otherwise the export would be part of the trace whose record happened to start it
    context.with(UNTRACED, () =>
      exporter.export(records, ({ code, error }) =>
        onAnswer(code === EXPORT_RESULT.SUCCESS ? undefined : exportFailure(error)),
      ),
    );
  } catch (error) {
    // something in the batch made it throw, so parts of the batch may pass
    onAnswer({ ...exportFailure(error), kind: "refused" });
  }
  return promise;
}

/** Waits for resource attributes that are still being detected, up to the time. */
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
