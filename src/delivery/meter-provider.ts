import { type MeterProvider, metrics } from "@opentelemetry/api";

/**
 * The provider of the options, or the one that is registered with the API. That one is looked up
 * late: an SDK that starts after the mirrors were made registers its provider then.
 */
export function meterProviderOf(option: MeterProvider | undefined): () => MeterProvider {
  return () => option ?? metrics.getMeterProvider();
}
