import { randomUUID } from "node:crypto";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";

const SERVICE_INSTANCE_ID = "service.instance.id";

/**
 * The resource of a stand-alone log: the SDK's default, then `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`, then
 * the app's own, later ones first in rank (OpenTelemetry specification, Resource SDK, "Specifying resource information
 * via an environment variable"). A `service.instance.id` is made up where none is given: Loki keeps one stream an
 * instance by it, so that the backlog of one is not refused as too old beside the records of another.
 */
export function standaloneResource(own: Resource | undefined): Resource {
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(own ?? null);
  // by the raw attributes: one that is still being detected is not among the others yet
  if (resource.getRawAttributes().some(([key]) => key === SERVICE_INSTANCE_ID)) return resource;
  return resource.merge(resourceFromAttributes({ [SERVICE_INSTANCE_ID]: randomUUID() }));
}
