import { type Attributes, type MeterProvider, metrics } from "@opentelemetry/api";
import { optional, type ReadOption, withMethods } from "../options.js";
import * as semconv from "../semconv.js";
import type { MirrorLedger } from "./ledger.js";

/** A line of the ledger, with a count that only the metrics show. */
export interface ObservedLedger extends MirrorLedger {
  /** How many of the rejected records were rejected because the spool was full. */
  readonly overflowed: number;
}

/**
 * Observes the ledger of a mirror as metrics. Where the OpenTelemetry semantic conventions have
 * names for the metrics of SDK processors, it uses these, so that dashboards made for the stock
 * processor show them; the others have names of our own.
 *
 * @param ledger - Returns undefined once the mirror was garbage-collected. A mirror is observed
 * after its shutdown too, because the last collection of a process comes later.
 */
export function observeDelivery(
  meterProvider: MeterProvider,
  name: string,
  capacity: number,
  ledger: () => ObservedLedger | undefined,
): void {
  const meter = meterProvider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
  const records = { unit: "{log_record}" };
  const component: Attributes = {
    [semconv.ATTR_OTEL_COMPONENT_TYPE]: "quorumlog_reliable_log_processor",
    [semconv.ATTR_OTEL_COMPONENT_NAME]: name,
  };
  const failed = (reason: string): Attributes => ({
    ...component,
    [semconv.ATTR_ERROR_TYPE]: reason,
  });
  const processed = meter.createObservableCounter(semconv.METRIC_PROCESSOR_LOG_PROCESSED, records);
  const size = meter.createObservableUpDownCounter(
    semconv.METRIC_PROCESSOR_LOG_QUEUE_SIZE,
    records,
  );
  const room = meter.createObservableUpDownCounter(
    semconv.METRIC_PROCESSOR_LOG_QUEUE_CAPACITY,
    records,
  );
  const accepted = meter.createObservableCounter(semconv.METRIC_DELIVERY_ACCEPTED, records);
  const delivered = meter.createObservableCounter(semconv.METRIC_DELIVERY_DELIVERED, records);
  const rejected = meter.createObservableCounter(semconv.METRIC_DELIVERY_REJECTED, records);
  const age = meter.createObservableGauge(semconv.METRIC_DELIVERY_PENDING_AGE, { unit: "s" });
  // one callback for all metrics, so that the equation of the ledger holds in each collection
  meter.addBatchObservableCallback(
    (result) => {
      const line = ledger();
      if (line === undefined) return;
      result.observe(processed, line.delivered, component);
      result.observe(processed, line.rejected - line.overflowed, failed("rejected"));
      result.observe(processed, line.overflowed, failed("queue_full"));
      result.observe(size, line.pending, component);
      // the outbox of a journal has no bound
      if (Number.isFinite(capacity)) result.observe(room, capacity, component);
      result.observe(accepted, line.accepted, component);
      result.observe(delivered, line.delivered, component);
      result.observe(rejected, line.rejected, component);
      result.observe(age, (line.oldestPendingMillis ?? 0) / 1000, component);
    },
    [processed, size, room, accepted, delivered, rejected, age],
  );
}

/** Reads the option of a provider, for whoever passes it on. */
export const METER_PROVIDER: ReadOption<MeterProvider> = withMethods("a MeterProvider", "getMeter");

/**
 * Reads the option of a provider. Without it, the provider is the one that is registered with the
 * OpenTelemetry API. That one is looked up at each call: an SDK may register it later.
 */
export function meterProviderOf(value: unknown, field: string): () => MeterProvider {
  const given = optional(METER_PROVIDER)(value, field);
  return () => given ?? metrics.getMeterProvider();
}
