import { randomUUID } from "node:crypto";
import { type Attributes, diag } from "@opentelemetry/api";
import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { type Resource, resourceOf } from "../record/surroundings.js";

const SERVICE_NAME = "service.name";
const SERVICE_INSTANCE_ID = "service.instance.id";

/**
 * The resource of a stand-alone log: the SDK's default, then `OTEL_RESOURCE_ATTRIBUTES` and
 * `OTEL_SERVICE_NAME`, then the app's own; later ones win (OpenTelemetry specification, Resource
 * SDK, "Specifying resource information via an environment variable"). A `service.instance.id` is
 * made up where none is given. Loki then keeps one stream for each instance, and does not refuse
 * the backlog of one as too old beside the records of another.
 *
 * It does without `@opentelemetry/resources`: as a peer, that package would often conflict with the
 * release that the app has.
 */
export function standaloneResource(own: Resource | undefined): Resource {
  const resource = sdkResource()
    .merge(resourceOf(environmentAttributes(process.env)))
    .merge(own ?? null);
  // by the raw attributes: one that is still being detected is not among the others yet
  if (resource.getRawAttributes().some(([key]) => key === SERVICE_INSTANCE_ID)) return resource;
  return resource.merge(resourceOf({ [SERVICE_INSTANCE_ID]: randomUUID() }));
}

/** The resource of a provider that was given none. A provider tells it only to its processors. */
function sdkResource(): Resource {
  let resource = resourceOf({});
  const observer: LogRecordProcessor = {
    onEmit: (record) => {
      resource = record.resource;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  new LoggerProvider({ processors: [observer] }).getLogger("quorumlog").emit({});
  return resource;
}

/**
 * What the environment says of the app. A value of `OTEL_RESOURCE_ATTRIBUTES` that is wrong
 * anywhere is left out whole, as the specification asks.
 */
export function environmentAttributes({
  OTEL_RESOURCE_ATTRIBUTES: list = "",
  OTEL_SERVICE_NAME: serviceName = "",
}: NodeJS.ProcessEnv): Attributes {
  const isNamed = serviceName.trim() !== "";
  return { ...listedAttributes(list), ...(isNamed && { [SERVICE_NAME]: serviceName }) };
}

/** Reads `key=value,key=value`, where both are percent-encoded. */
function listedAttributes(list: string): Attributes {
  const pairs = list.split(",").filter((pair) => pair.trim() !== "");
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [key = "", value, ...more] = pair.split("=").map((part) => part.trim());
        if (key === "" || value === undefined || more.length > 0)
          throw new Error(`expected key=value, got "${pair}"`);
        return [decodeURIComponent(key), decodeURIComponent(value)];
      }),
    );
  } catch (error) {
    diag.warn(`OTEL_RESOURCE_ATTRIBUTES is ignored: ${(error as Error).message}`);
    return {};
  }
}
