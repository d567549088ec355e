import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { withRawFile } from "../fixtures/collector-config.ts";

type Components = Readonly<Record<string, unknown>>;

interface Otlp {
  readonly protocols: Readonly<Record<string, { readonly endpoint: string }>>;
}

interface CollectorConfig {
  readonly receivers: { readonly otlp: Otlp };
  readonly processors: Components;
  readonly exporters: Components;
  readonly extensions?: Components;
  readonly service: {
    readonly extensions?: readonly string[];
    readonly telemetry: {
      readonly metrics: {
        readonly readers: readonly {
          readonly pull: { readonly exporter: { readonly prometheus: { readonly host: string } } };
        }[];
      };
    };
    readonly pipelines: Readonly<
      Record<string, Record<"receivers" | "processors" | "exporters", readonly string[]>>
    >;
  };
}

const TEXT = readFileSync(resolve(import.meta.dirname, "../../collector-config.yaml"), "utf8");
const CONFIG: CollectorConfig = parse(TEXT);
/** With the lines that are commented out for whoever wants the auditor's file. */
const WITH_RAW_FILE: CollectorConfig = parse(withRawFile(TEXT));
const KINDS = ["receivers", "processors", "exporters"] as const;

describe.each([
  ["collector-config.yaml", CONFIG],
  ["collector-config.yaml with the auditor's file", WITH_RAW_FILE],
])("%s", (_, config) => {
  test("defines every component that a pipeline names, and no other", () => {
    const pipelines = Object.values(config.service.pipelines);
    for (const kind of KINDS)
      expect(new Set(pipelines.flatMap((pipeline) => pipeline[kind])), kind).toEqual(
        new Set(Object.keys(config[kind])),
      );
    expect(new Set(config.service.extensions)).toEqual(
      new Set(Object.keys(config.extensions ?? {})),
    );
  });

  test("limits memory before anything else, and makes no batches in front of the queue", () => {
    for (const { processors } of Object.values(config.service.pipelines)) {
      expect(processors[0]).toBe("memory_limiter");
      expect(processors.filter((name) => name.startsWith("batch"))).toEqual([]);
    }
  });
});

describe("collector-config.yaml", () => {
  test("has a logs pipeline from OTLP to Loki", () => {
    const logs = CONFIG.service.pipelines["logs"];
    expect(logs?.receivers).toContain("otlp");
    expect(logs?.exporters).toContain("otlp_http/loki");
  });

  test("has a pipeline to the auditor's file when its lines are no comments, and only then", () => {
    expect(Object.keys(CONFIG.service.pipelines)).toEqual(["logs"]);
    expect(WITH_RAW_FILE.service.pipelines["logs/auditor"]?.exporters).toEqual(["file/auditor"]);
  });

  test("keeps what it has taken until Loki has it", () => {
    expect(CONFIG.extensions?.["file_storage"]).toMatchObject({ fsync: true });
    expect(CONFIG.exporters["otlp_http/loki"]).toMatchObject({
      retry_on_failure: { max_elapsed_time: 0 },
      sending_queue: { storage: "file_storage", block_on_overflow: true, num_consumers: 1 },
    });
  });

  test("keeps the event name, which Loki drops", () => {
    expect(CONFIG.processors["transform/event_name"]).toMatchObject({
      log_statements: [
        'set(log.attributes["event.name"], log.event_name) where log.event_name != ""',
      ],
    });
    expect(CONFIG.service.pipelines["logs"]?.processors).toContain("transform/event_name");
  });

  test("listens on loopback unless it is told otherwise", () => {
    const { otlp } = CONFIG.receivers;
    expect(Object.keys(otlp.protocols)).toEqual(["http", "grpc"]);
    const health = CONFIG.extensions?.["health_check"] as { endpoint: string };
    for (const { endpoint } of [...Object.values(otlp.protocols), health])
      expect(endpoint).toMatch(/^\$\{env:\w+:-127\.0\.0\.1:\d+\}$/);
    for (const { pull } of CONFIG.service.telemetry.metrics.readers)
      expect(pull.exporter.prometheus.host).toMatch(/^\$\{env:\w+:-127\.0\.0\.1\}$/);
  });

  test("names in its comments every environment variable that it reads", () => {
    for (const [, name] of TEXT.matchAll(/\$\{env:(\w+)/g))
      expect(TEXT).toMatch(new RegExp(`^# +${name}\\b`, "m"));
  });
});
