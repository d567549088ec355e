import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

type Components = Readonly<Record<string, unknown>>;

interface CollectorConfig {
  readonly receivers: Components;
  readonly processors: Components;
  readonly exporters: Components;
  readonly extensions?: Components;
  readonly service: {
    readonly extensions?: readonly string[];
    readonly pipelines: Readonly<
      Record<string, Record<"receivers" | "processors" | "exporters", readonly string[]>>
    >;
  };
}

const TEXT = readFileSync(resolve(import.meta.dirname, "../../collector-config.yaml"), "utf8");
const CONFIG: CollectorConfig = parse(TEXT);
const KINDS = ["receivers", "processors", "exporters"] as const;

describe("collector-config.yaml", () => {
  test("has a logs pipeline from OTLP to Loki", () => {
    const logs = CONFIG.service.pipelines["logs"];
    expect(logs?.receivers).toContain("otlp");
    expect(logs?.exporters).toContain("otlp_http/loki");
  });

  test("defines every component that a pipeline names, and no other", () => {
    const pipelines = Object.values(CONFIG.service.pipelines);
    for (const kind of KINDS)
      expect(new Set(pipelines.flatMap((pipeline) => pipeline[kind])), kind).toEqual(
        new Set(Object.keys(CONFIG[kind])),
      );
    expect(CONFIG.service.extensions ?? []).toEqual(Object.keys(CONFIG.extensions ?? {}));
  });

  test("limits memory before anything else", () => {
    for (const { processors } of Object.values(CONFIG.service.pipelines))
      expect(processors[0]).toBe("memory_limiter");
  });

  test("listens on loopback unless it is told otherwise", () => {
    const { otlp } = CONFIG.receivers as { otlp: { protocols: Record<string, { endpoint: string }> } };
    expect(Object.keys(otlp.protocols)).toEqual(["http", "grpc"]);
    for (const { endpoint } of Object.values(otlp.protocols))
      expect(endpoint).toMatch(/^\$\{env:\w+:-127\.0\.0\.1:\d+\}$/);
  });

  test("names in its comments every environment variable that it reads", () => {
    for (const [, name] of TEXT.matchAll(/\$\{env:(\w+)/g))
      expect(TEXT).toMatch(new RegExp(`^# +${name} `, "m"));
  });
});
