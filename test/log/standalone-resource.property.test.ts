import { resourceAttributesEnvDetector, serviceNameEnvDetector } from "@opentelemetry/resources";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { environmentAttributes } from "../../src/log/standalone-resource.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What the SDK reads from the same environment. */
function stockAttributes(): unknown {
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  return Object.assign({}, ...detectors.map((detector) => detector.detect().attributes));
}

const PART = fc.oneof(
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
  fc.constantFrom("a", "service.name", " b ", "c=d", "%zz", "é", ""),
);
const LIST = fc
  .array(
    fc.oneof(
      fc.tuple(PART, PART).map(([key, value]) => `${key}=${value}`),
      PART,
    ),
  )
  .map((pairs) => pairs.join(","))
  // the SDK loses an attribute of this name
  .filter((list) => !list.includes("__proto__"));

test("the environment describes a stand-alone log as it describes the app's own SDK", () => {
  fc.assert(
    fc.property(LIST, fc.constantFrom("", " ", "clinic", "a=b,c"), (list, name) => {
      vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", list);
      vi.stubEnv("OTEL_SERVICE_NAME", name);
      expect(environmentAttributes(process.env)).toEqual(stockAttributes());
    }),
  );
});

test("an attribute named __proto__ is an attribute", () => {
  const attributes = environmentAttributes({ OTEL_RESOURCE_ATTRIBUTES: "__proto__=a,b=c" });
  expect(Object.entries(attributes)).toEqual([
    ["__proto__", "a"],
    ["b", "c"],
  ]);
});
