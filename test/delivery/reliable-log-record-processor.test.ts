import { context, type DiagLogger, diag, metrics, trace } from "@opentelemetry/api";
import { ExportResultCode, isTracingSuppressed } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  ExportError,
  ReliableLogRecordProcessor,
  type ReliableLogRecordProcessorOptions,
} from "../../src/delivery/index.js";
import { type AuditError, GovernanceAuditLog } from "../../src/index.js";
import { failWith, ScriptedExporter } from "../fixtures/exporters.js";
import { castVotes } from "./watched.js";

const FAST = { delayMillis: 1, initialBackoffMillis: 1, maxBackoffMillis: 2 };

function started(exporter: ScriptedExporter, options: Partial<ReliableLogRecordProcessorOptions> = {}) {
  const errors: AuditError[] = [];
  const processor = new ReliableLogRecordProcessor({
    exporter,
    ...FAST,
    onError: (error) => errors.push(error),
    ...options,
  });
  const provider = new LoggerProvider({ processors: [processor] });
  const logger = provider.getLogger("app");
  const emit = (...bodies: string[]): void => {
    for (const body of bodies) logger.emit({ body });
  };
  return { processor, emit, errors };
}

const bodies = (exporter: ScriptedExporter): unknown[][] =>
  exporter.batches.map((batch) => batch.map(({ body }) => body));

describe("a batch", () => {
  test("is sent at once when it is full, and after the delay when it is not", async () => {
    vi.useFakeTimers();
    try {
      const exporter = new ScriptedExporter();
      const { emit } = started(exporter, { maxBatchSize: 3, delayMillis: 1000 });
      emit("a", "b", "c", "d");
      await vi.advanceTimersByTimeAsync(0);
      expect(bodies(exporter)).toEqual([["a", "b", "c"]]);
      await vi.advanceTimersByTimeAsync(999);
      expect(exporter.batches).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(bodies(exporter)).toEqual([["a", "b", "c"], ["d"]]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is kept until the exporter says success, one export at a time", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit } = started(exporter);
    emit("a");
    await vi.waitFor(() => expect(exporter.batches).toHaveLength(1));
    emit("b");
    expect(processor.ledger()).toMatchObject({ accepted: 2, delivered: 0, pending: 2 });
    expect(exporter.batches).toHaveLength(1);
  });

  test("whose export throws is halved until the bad record stands alone", async () => {
    const exporter = new ScriptedExporter((records, done) => {
      if (records.some(({ body }) => body === "bad")) throw new Error("cannot serialize");
      done({ code: ExportResultCode.SUCCESS });
    });
    const { processor, emit, errors } = started(exporter);
    emit("a", "b", "bad", "c", "d");
    await expect(processor.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(processor.ledger()).toMatchObject({ accepted: 5, delivered: 4, rejected: 1, pending: 0 });
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/cannot serialize/)]);
  });

  test("is delivered in order, also when it was halved", async () => {
    const delivered: unknown[] = [];
    const exporter = new ScriptedExporter((records, done) => {
      if (records.length > 2)
        return done({ code: ExportResultCode.FAILED, error: new ExportError("413", { status: 413 }) });
      delivered.push(...records.map(({ body }) => body));
      done({ code: ExportResultCode.SUCCESS });
    });
    const { processor, emit } = started(exporter);
    const sent = Array.from({ length: 21 }, (_, i) => `r${i}`);
    emit(...sent);
    await processor.forceFlush();
    expect(delivered).toEqual(sent);
  });

  test("that gets no answer within the time is tried again", async () => {
    let silent = true;
    const exporter = new ScriptedExporter((_, done) => {
      if (!silent) done({ code: ExportResultCode.SUCCESS });
      silent = false;
    });
    const { processor, emit } = started(exporter, { exportTimeoutMillis: 5 });
    emit("a");
    await processor.forceFlush();
    expect(bodies(exporter)).toEqual([["a"], ["a"]]);
  });

  test("is rejected after giveUpAfterMillis, if that is set", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit, errors } = started(exporter, { giveUpAfterMillis: 30 });
    emit("a", "b");
    await expect(processor.forceFlush()).rejects.toMatchObject({
      message: expect.stringMatching(/2 rejected/),
    });
    expect(processor.ledger()).toMatchObject({ accepted: 2, rejected: 2, pending: 0 });
    expect(errors[0]?.message).toMatch(/given up after 30 ms: down/);
  });

  test("waits for resource attributes that are still being detected, and is exported with tracing suppressed", async () => {
    const detected = Promise.withResolvers<string>();
    const seen: unknown[] = [];
    const exporter = new ScriptedExporter((records, done) => {
      seen.push([
        isTracingSuppressed(context.active()),
        trace.getActiveSpan(),
        records[0]?.resource.attributes["host.id"],
      ]);
      done({ code: ExportResultCode.SUCCESS });
    });
    const processor = new ReliableLogRecordProcessor({ exporter, ...FAST });
    const resource = resourceFromAttributes({ "host.id": detected.promise });
    new LoggerProvider({ processors: [processor], resource }).getLogger("app").emit({ body: "a" });
    const flushed = processor.forceFlush();
    expect(exporter.batches).toHaveLength(0);
    detected.resolve("h1");
    await flushed;
    // without a context manager the active context is the root, so suppression is tested with one in test/unit
    expect(seen.map((row) => (row as unknown[])[2])).toEqual(["h1"]);
  });
});

describe("a full spool", () => {
  test("rejects the new record, counts it and reports it; the app goes on", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit, errors } = started(exporter, { maxPending: 2 });
    emit("a", "b", "c");
    expect(processor.ledger()).toMatchObject({ accepted: 3, pending: 2, rejected: 1 });
    expect(errors[0]?.message).toMatch(/2 records are pending, no room/);
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
  });

  test("fails closed with whenFull: throw: the helper throws and the entry is recorded nowhere", async () => {
    const exporter = new ScriptedExporter(() => {});
    const mirror = new ReliableLogRecordProcessor({ exporter, ...FAST, maxPending: 2, whenFull: "throw" });
    const audit = new GovernanceAuditLog({ mirrors: [mirror] });
    castVotes(audit, 2);
    expect(() => castVotes(audit, 1)).toThrow(expect.objectContaining({ code: "delivery_failed" }));
    expect(audit.length).toBe(2);
    expect(audit.ledger()).toMatchObject({
      accepted: 2,
      mirrors: { otlp: { accepted: 2, pending: 2, rejected: 0 } },
    });
  });
});

describe("a flush", () => {
  test("rejects at its deadline with the ledger, and the next one may still resolve", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = started(exporter);
    emit("a");
    await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      ledger: { mirrors: { otlp: { pending: 1, lastError: "down" } } },
    });
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.forceFlush();
    expect(processor.ledger()).toEqual({ accepted: 1, delivered: 1, pending: 0, rejected: 0 });
  });

  test("tells the truth to each of those who asked at the same time", async () => {
    const exporter = new ScriptedExporter(failWith(new ExportError("no", { status: 400 })));
    const { processor, emit } = started(exporter);
    emit("a");
    const outcomes = await Promise.allSettled([
      processor.forceFlush(),
      processor.forceFlush(),
      processor.forceFlush(),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await processor.forceFlush();
  });

  test("tells of a record that was rejected before it was asked", async () => {
    const exporter = new ScriptedExporter(failWith(new ExportError("no", { status: 400 })));
    const { processor, emit } = started(exporter);
    emit("a");
    await vi.waitFor(() => expect(processor.ledger().rejected).toBe(1));
    await expect(processor.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
  });

  test("cuts a backoff short", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = started(exporter, { initialBackoffMillis: 60_000, maxBackoffMillis: 60_000 });
    emit("a");
    await vi.waitFor(() => expect(processor.ledger().lastError).toBe("down"));
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.forceFlush();
    expect(processor.ledger().delivered).toBe(1);
  });
});

describe("a shutdown", () => {
  test("is done once, closes the exporter, and rejects what comes afterwards", async () => {
    const exporter = new ScriptedExporter();
    const { processor, emit, errors } = started(exporter);
    emit("a");
    await Promise.all([processor.shutdown(), processor.shutdown()]);
    expect(exporter.shutdowns).toBe(1);
    emit("b");
    expect(processor.ledger()).toMatchObject({ accepted: 2, delivered: 1, rejected: 1 });
    expect(errors[0]?.message).toMatch(/after the shutdown/);
  });
});

describe("gRPC codes and statuses of the stock exporters are understood:", () => {
  const rejected = [{ code: 3 }, { code: 400 }, { code: 413 }, { status: 422 }];
  test.each(rejected)("%o refuses the record", async (told) => {
    const exporter = new ScriptedExporter(failWith(Object.assign(new Error("no"), told)));
    const { processor, emit } = started(exporter);
    emit("a");
    await vi.waitFor(() => expect(processor.ledger().rejected).toBe(1));
  });

  const kept = [{ code: 14 }, { code: 16 }, { code: 503 }, { status: 401 }, { code: "ECONNREFUSED" }, {}];
  test.each(kept)("%o keeps it", async (told) => {
    const exporter = new ScriptedExporter(failWith(Object.assign(new Error("no"), told)));
    const { processor, emit } = started(exporter);
    emit("a");
    await vi.waitFor(() => expect(exporter.batches.length).toBeGreaterThan(3));
    expect(processor.ledger()).toMatchObject({ pending: 1, rejected: 0 });
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.shutdown();
  });
});

describe("seen from outside:", () => {
  test("the ledger stands in the metrics, under the names of the SDK where there are any", async () => {
    const exporter = new ScriptedExporter((records, done) =>
      records.length === 1 && records[0]?.body === "bad"
        ? done({ code: ExportResultCode.FAILED, error: new ExportError("no", { status: 400 }) })
        : done({ code: ExportResultCode.SUCCESS }),
    );
    const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 1_000_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { processor, emit } = started(exporter, { meterProvider, maxBatchSize: 1, maxPending: 100 });
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

  describe("the diagnostics", () => {
    const warnings: string[] = [];
    beforeEach(() => {
      warnings.length = 0;
      const silent = (): void => {};
      const logger: DiagLogger = {
        verbose: silent,
        debug: silent,
        info: silent,
        error: silent,
        warn: (text) => warnings.push(text),
      };
      diag.setLogger(logger);
    });
    afterEach(() => {
      diag.disable();
      metrics.disable();
    });

    test("warn of the first loss, and then at most once a minute", async () => {
      const exporter = new ScriptedExporter(failWith(new ExportError("no", { status: 400 })));
      const { processor, emit } = started(exporter);
      emit("a", "b", "c");
      await vi.waitFor(() => expect(processor.ledger().rejected).toBe(3));
      expect(warnings.filter((text) => text.includes("quorumlog"))).toHaveLength(1);
    });
  });
});
