import type { Attributes, MeterProvider } from "@opentelemetry/api";
import * as semconv from "../semconv.js";
import type { MirrorLedger } from "./ledger.js";

/**
 * The ledger of a mirror as metrics: under the names of the OpenTelemetry semantic conventions for SDK processors where
 * there are any, so that dashboards made for the stock processor show it, and under our own.
 *
 * @returns Ends the observation.
 */
export function observeDelivery(
  meterProvider: MeterProvider,
  name: string,
  capacity: number,
  ledger: () => MirrorLedger,
): () => void {
  const meter = meterProvider.getMeter(semconv.SCOPE_NAME, semconv.SCOPE_VERSION);
  const records = { unit: "{log_record}" };
  const component: Attributes = {
    [semconv.ATTR_OTEL_COMPONENT_TYPE]: "quorumlog_reliable_log_processor",
    [semconv.ATTR_OTEL_COMPONENT_NAME]: name,
  };
  const failed: Attributes = { ...component, [semconv.ATTR_ERROR_TYPE]: "rejected" };
  const processed = meter.createObservableCounter(semconv.METRIC_PROCESSOR_LOG_PROCESSED, records);
  const size = meter.createObservableUpDownCounter(semconv.METRIC_PROCESSOR_LOG_QUEUE_SIZE, records);
  const room = meter.createObservableUpDownCounter(semconv.METRIC_PROCESSOR_LOG_QUEUE_CAPACITY, records);
  const accepted = meter.createObservableCounter(semconv.METRIC_DELIVERY_ACCEPTED, records);
  const delivered = meter.createObservableCounter(semconv.METRIC_DELIVERY_DELIVERED, records);
  const rejected = meter.createObservableCounter(semconv.METRIC_DELIVERY_REJECTED, records);
  const age = meter.createObservableGauge(semconv.METRIC_DELIVERY_PENDING_AGE, { unit: "s" });
  const instruments = [processed, size, room, accepted, delivered, rejected, age];
  // one callback for all, so that the equation of the ledger holds within each collection
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const line = ledger();
    result.observe(processed, line.delivered, component);
    result.observe(processed, line.rejected, failed);
    result.observe(size, line.pending, component);
    result.observe(room, capacity, component);
    result.observe(accepted, line.accepted, component);
    result.observe(delivered, line.delivered, component);
    result.observe(rejected, line.rejected, component);
    result.observe(age, (line.oldestPendingMillis ?? 0) / 1000, component);
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}
