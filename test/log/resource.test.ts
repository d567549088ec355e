import { resourceFromAttributes } from "@opentelemetry/resources";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GovernanceAuditLogOptions } from "../../src/index.js";
import { NODE } from "../fixtures/domain-objects.js";
import { recordedLog } from "../fixtures/recorded-log.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

beforeEach(() => {
  vi.stubEnv("OTEL_SERVICE_NAME", undefined);
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The resource attributes on the records of a stand-alone log. */
function resourceAttributes(
  options: GovernanceAuditLogOptions = {},
): Readonly<Record<string, unknown>> {
  const { audit, mirror } = recordedLog(options);
  audit.logNodeAdded(NODE);
  audit.logNodeRemoved(NODE);
  expect(mirror.records[1]?.resource).toBe(mirror.records[0]?.resource);
  return mirror.records[0]?.resource.attributes ?? {};
}

describe("the resource of a stand-alone log", () => {
  test("is the SDK's default, with an instance id for each log", () => {
    const [first, second] = [resourceAttributes(), resourceAttributes()];
    expect(first["service.name"]).toMatch(/^unknown_service/);
    expect(first["telemetry.sdk.name"]).toBe("opentelemetry");
    expect(first["service.instance.id"]).toMatch(UUID);
    expect(first["service.instance.id"]).not.toBe(second["service.instance.id"]);
  });

  test("takes OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "clinic");
    vi.stubEnv(
      "OTEL_RESOURCE_ATTRIBUTES",
      "deployment.environment.name=test,team=governance%20board",
    );
    expect(resourceAttributes()).toMatchObject({
      "service.name": "clinic",
      "deployment.environment.name": "test",
      team: "governance board",
    });
  });

  test("prefers OTEL_SERVICE_NAME to a service name in OTEL_RESOURCE_ATTRIBUTES", () => {
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "service.name=ward");
    expect(resourceAttributes()["service.name"]).toBe("ward");
    vi.stubEnv("OTEL_SERVICE_NAME", "clinic");
    expect(resourceAttributes()["service.name"]).toBe("clinic");
  });

  test("keeps a service.instance.id that the environment gives", () => {
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7");
    expect(resourceAttributes()["service.instance.id"]).toBe("pod-7");
  });

  test("takes each key of the app's own resource rather than that of the environment", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "clinic");
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "team=board,service.instance.id=pod-7");
    const resource = resourceFromAttributes({
      "service.name": "own",
      "service.instance.id": "own-1",
    });
    expect(resourceAttributes({ resource })).toMatchObject({
      "service.name": "own",
      "service.instance.id": "own-1",
      team: "board",
    });
  });

  test("has attributes that resolve later", async () => {
    const resource = resourceFromAttributes({ "host.id": Promise.resolve("h-1") });
    const { audit, mirror } = recordedLog({ resource });
    audit.logNodeAdded(NODE);
    await mirror.records[0]?.resource.waitForAsyncAttributes?.();
    expect(mirror.records[0]?.resource.attributes).toMatchObject({
      "host.id": "h-1",
      "service.instance.id": expect.stringMatching(UUID),
    });
  });

  test("keeps a service.instance.id of the app that resolves later", async () => {
    const resource = resourceFromAttributes({ "service.instance.id": Promise.resolve("pod-7") });
    const { audit, mirror } = recordedLog({ resource });
    audit.logNodeAdded(NODE);
    await mirror.records[0]?.resource.waitForAsyncAttributes?.();
    expect(mirror.records[0]?.resource.attributes["service.instance.id"]).toBe("pod-7");
  });
});
