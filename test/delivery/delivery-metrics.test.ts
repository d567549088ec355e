import { diag, metrics } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  ExportError,
  ReliableLogRecordProcessor,
  type ReliableLogRecordProcessorOptions,
} from "../../src/delivery/index.js";
import type { AuditError } from "../../src/index.js";
import { warnInto } from "../fixtures/diagnostics.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { startedProcessor } from "../fixtures/started-processor.js";

/** A warning is repeated after this time at the earliest. */
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Collects only when it is asked. */
class AskedReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  /** The values now, by the names of metric and mirror, and by the error if there is one. */
  async values(): Promise<Record<string, unknown>> {
    const { resourceMetrics, errors } = await this.collect();
    expect(errors).toEqual([]);
    const values: Record<string, unknown> = {};
    for (const { metrics } of resourceMetrics.scopeMetrics)
      for (const { descriptor, dataPoints } of metrics)
        for (const { attributes, value } of dataPoints) {
          const { "otel.component.name": mirror, "error.type": error } = attributes;
          values[[descriptor.name, mirror, error].filter((part) => part !== undefined).join(" ")] =
            value;
        }
    return values;
  }
}

const refuse = failWith(new ExportError("HTTP 400", { status: 400 }));

/** Takes the batch and never answers. */
const hold = (): void => {};

function started(options: Partial<ReliableLogRecordProcessorOptions> = {}) {
  const exporter = new ScriptedExporter();
  const processor = new ReliableLogRecordProcessor({ exporter, maxBatchSize: 1, ...options });
  const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
  /** Emits so many records, then gives the processor time to export them. */
  const emit = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) logger.emit({ body: "vote" });
    await vi.advanceTimersByTimeAsync(10);
  };
  return { exporter, processor, emit };
}

describe("while records are pending, the metrics", () => {
  test("say how many are, how many may be, and what became of the others", async () => {
    const reader = new AskedReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { exporter, processor, emit } = started({
      meterProvider,
      maxPending: 5,
      onError: () => {},
    });
    await emit(4);
    exporter.takes = refuse;
    await emit(3);
    exporter.takes = hold;
    await emit(7);
    await vi.advanceTimersByTimeAsync(2490);
    expect(processor.ledger()).toMatchObject({
      accepted: 14,
      delivered: 4,
      pending: 5,
      rejected: 5,
      oldestPendingMillis: 2500,
    });
    expect(await reader.values()).toEqual({
      "quorumlog.delivery.accepted otlp": 14,
      "quorumlog.delivery.delivered otlp": 4,
      "quorumlog.delivery.rejected otlp": 5,
      "quorumlog.delivery.pending.age otlp": 2.5,
      "otel.sdk.processor.log.processed otlp": 4,
      "otel.sdk.processor.log.processed otlp rejected": 3,
      "otel.sdk.processor.log.processed otlp queue_full": 2,
      "otel.sdk.processor.log.queue.size otlp": 5,
      "otel.sdk.processor.log.queue.capacity otlp": 5,
    });
    await meterProvider.shutdown();
  });

  test("and the ledger give the age of the oldest one, until it is delivered", async () => {
    const reader = new AskedReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { exporter, processor, emit } = started({ meterProvider });
    const answers: (() => void)[] = [];
    exporter.takes = (records, done) => answers.push(() => succeed(records, done));
    const ages = async (): Promise<unknown[]> => [
      (await reader.values())["quorumlog.delivery.pending.age otlp"],
      processor.ledger().oldestPendingMillis,
    ];
    await emit(1);
    expect(await ages()).toEqual([0.01, 10]);
    await vi.advanceTimersByTimeAsync(990);
    await emit(1); // a younger one
    expect(await ages()).toEqual([1.01, 1010]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ages()).toEqual([2.01, 2010]);
    answers.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(await ages()).toEqual([1.01, 1010]);
    answers.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(await ages()).toEqual([0, undefined]);
    await meterProvider.shutdown();
  });

  test("have a line for each mirror", async () => {
    const reader = new AskedReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const near = started({ meterProvider, name: "near" });
    const far = started({ meterProvider, name: "far" });
    far.exporter.takes = hold;
    await near.emit(2);
    await far.emit(3);
    expect(await reader.values()).toMatchObject({
      "otel.sdk.processor.log.queue.size near": 0,
      "otel.sdk.processor.log.processed near": 2,
      "otel.sdk.processor.log.queue.size far": 3,
      "otel.sdk.processor.log.processed far": 0,
    });
    await meterProvider.shutdown();
  });
});

describe("collected by a periodic reader, the metrics", () => {
  beforeEach(() => {
    vi.useRealTimers(); // the exporter in memory answers by a timer
  });

  test("have the names of the SDK where there are any", async () => {
    const exporter = new ScriptedExporter((records, done) =>
      records.length === 1 && records[0]?.body === "bad"
        ? done({ code: ExportResultCode.FAILED, error: new ExportError("no", { status: 400 }) })
        : done({ code: ExportResultCode.SUCCESS }),
    );
    const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter: memory,
      exportIntervalMillis: 1_000_000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { processor, emit } = startedProcessor(exporter, {
      meterProvider,
      maxBatchSize: 1,
      maxPending: 100,
    });
    emit("a", "bad", "b");
    await processor.forceFlush().catch(() => {});
    await reader.forceFlush();
    const found = Object.fromEntries(
      memory
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: of }) => of))
        .map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => [
            attributes["error.type"] ?? attributes["otel.component.name"],
            value,
          ]),
        ]),
    );
    expect(found).toEqual({
      "otel.sdk.processor.log.processed": [
        ["otlp", 2],
        ["rejected", 1],
        ["queue_full", 0],
      ],
      "otel.sdk.processor.log.queue.size": [["otlp", 0]],
      "otel.sdk.processor.log.queue.capacity": [["otlp", 100]],
      "quorumlog.delivery.accepted": [["otlp", 3]],
      "quorumlog.delivery.delivered": [["otlp", 2]],
      "quorumlog.delivery.rejected": [["otlp", 1]],
      "quorumlog.delivery.pending.age": [["otlp", 0]],
    });
    await meterProvider.shutdown();
  });

  test("go to the provider registered by the first record, after a shutdown too", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit } = startedProcessor(exporter, { maxPending: 1 });
    const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter: memory,
      exportIntervalMillis: 1_000_000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(meterProvider);
    try {
      emit("a", "b");
      exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
      await processor.shutdown({ timeoutMillis: 10 }).catch(() => {});
      await reader.forceFlush();
    } finally {
      metrics.disable();
    }
    const processed = memory
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: of }) => of))
      .find(({ descriptor }) => descriptor.name === "otel.sdk.processor.log.processed");
    const overflowed = processed?.dataPoints.find(
      ({ attributes }) => attributes["error.type"] === "queue_full",
    );
    expect(overflowed?.value).toBe(1);
    await meterProvider.shutdown();
  });
});

describe("of losses,", () => {
  const diagnosed: string[] = [];
  beforeEach(() => {
    diagnosed.length = 0;
    warnInto(diagnosed);
  });
  afterEach(() => {
    diag.disable();
    vi.restoreAllMocks();
  });

  test("the listener hears each, the diagnostics the first and then one a minute", async () => {
    const errors: AuditError[] = [];
    const { exporter, emit } = started({ onError: (error) => errors.push(error) });
    exporter.takes = refuse;
    await emit(3);
    expect(diagnosed).toEqual(["quorumlog: otlp: a record was rejected: HTTP 400"]);
    await vi.advanceTimersByTimeAsync(MINUTE - 100);
    await emit(3);
    expect(diagnosed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(MINUTE);
    await emit(3);
    expect(diagnosed).toHaveLength(2);
    expect(errors).toHaveLength(9);
  });

  test("the process warns if there is no listener: of the first, then with a count", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { exporter, emit } = started();
    exporter.takes = refuse;
    await emit(4);
    expect(warnings).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "delivery_failed" }),
    );
    for (const unsaid of [3, 1]) {
      warnings.mockClear();
      await vi.advanceTimersByTimeAsync(MINUTE);
      await emit(2);
      expect(warnings.mock.calls).toEqual([
        [expect.objectContaining({ code: "delivery_failed" })],
        [`${unsaid} more errors like this since the last warning`, "AuditError"],
      ]);
    }
  });
});
