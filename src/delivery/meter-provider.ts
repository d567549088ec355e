import { type MeterProvider, metrics } from "@opentelemetry/api";
import { invalidOption } from "../errors.js";

/**
 * The option, or else the provider that is registered with the API. That is looked up late: an SDK that is started after
 * the mirrors were made registers its provider then.
 *
 * @throws `AuditError` `invalid_options`.
 */
export function meterProviderOf(option: MeterProvider | undefined): () => MeterProvider {
  if (option !== undefined && typeof option?.getMeter !== "function")
    throw invalidOption("meterProvider", "expected a MeterProvider");
  return () => option ?? metrics.getMeterProvider();
}
