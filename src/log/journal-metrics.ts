import type { MeterProvider } from "@opentelemetry/api";
import * as semconv from "../semconv.js";

/**
 * The lag of a journal as a metric.
 *
 * @param lagMillis - Undefined once the log is gone.
 */
export function observeJournal(
  meterProvider: MeterProvider,
  logId: string,
  lagMillis: () => number | undefined,
): void {
  const meter = meterProvider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
  const lag = meter.createObservableGauge(semconv.METRIC_JOURNAL_LAG, { unit: "s" });
  lag.addCallback((result) => {
    const millis = lagMillis();
    if (millis !== undefined)
      result.observe(millis / 1000, { [semconv.ATTR_GOVERNANCE_LOG_ID]: logId });
  });
}
