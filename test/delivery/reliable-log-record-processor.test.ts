import { diag, metrics } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
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
import { warnInto } from "../fixtures/diagnostics.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { castVotes } from "../fixtures/watched-delivery.js";

const FAST = { delayMillis: 1, initialBackoffMillis: 1, maxBackoffMillis: 2 };

function started(
  exporter: ScriptedExporter,
  options: Partial<ReliableLogRecordProcessorOptions> = {},
) {
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

  test("is full with all that there is room for, so that a small spool loses nothing by its delay", async () => {
    const exporter = new ScriptedExporter();
    const { processor, emit } = started(exporter, { maxPending: 3, delayMillis: 60_000 });
    for (let round = 0; round < 3; round++) {
      emit("a", "b", "c");
      await vi.waitFor(() => expect(processor.ledger().pending).toBe(0));
    }
    expect(processor.ledger()).toMatchObject({ accepted: 9, delivered: 9, rejected: 0 });
  });

  test("goes beside others when more exports may be in flight, and each is delivered once", async () => {
    let inFlight = 0;
    let most = 0;
    const answers: (() => void)[] = [];
    const exporter = new ScriptedExporter((_, done) => {
      most = Math.max(most, ++inFlight);
      answers.push(() => {
        inFlight--;
        done({ code: ExportResultCode.SUCCESS });
      });
    });
    const { processor, emit } = started(exporter, { maxBatchSize: 2, maxConcurrentExports: 3 });
    emit(..."abcdefghij");
    const flushed = processor.forceFlush();
    while (processor.ledger().pending > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const answer of answers.splice(0).reverse()) answer();
    }
    await flushed;
    expect(most).toBe(3);
    expect(bodies(exporter).flat().sort()).toEqual([..."abcdefghij"]);
    expect(processor.ledger()).toEqual({ accepted: 10, delivered: 10, pending: 0, rejected: 0 });
  });

  test("that fails among others is tried again alone; those behind it are sent again, none is lost", async () => {
    let failures = 1;
    const exporter = new ScriptedExporter((records, done) => {
      const fails = records.some(({ body }) => body === "c") && failures-- > 0;
      done(
        fails
          ? { code: ExportResultCode.FAILED, error: new ExportError("down", { status: 503 }) }
          : { code: ExportResultCode.SUCCESS },
      );
    });
    const { processor, emit } = started(exporter, { maxBatchSize: 2, maxConcurrentExports: 3 });
    emit(..."abcdef");
    await processor.forceFlush();
    expect(bodies(exporter)).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
      ["c", "d"],
      ["e", "f"],
    ]);
    expect(processor.ledger()).toEqual({ accepted: 6, delivered: 6, pending: 0, rejected: 0 });
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
    expect(processor.ledger()).toMatchObject({
      accepted: 5,
      delivered: 4,
      rejected: 1,
      pending: 0,
    });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/cannot serialize/),
    ]);
  });

  test("is delivered in order, also when it was halved", async () => {
    const delivered: unknown[] = [];
    const exporter = new ScriptedExporter((records, done) => {
      if (records.length > 2)
        return done({
          code: ExportResultCode.FAILED,
          error: new ExportError("413", { status: 413 }),
        });
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

  test("waits for resource attributes that are still being detected", async () => {
    const detected = Promise.withResolvers<string>();
    const exporter = new ScriptedExporter();
    const processor = new ReliableLogRecordProcessor({ exporter, ...FAST });
    const resource = resourceFromAttributes({ "host.id": detected.promise });
    new LoggerProvider({ processors: [processor], resource }).getLogger("app").emit({ body: "a" });
    const flushed = processor.forceFlush();
    expect(exporter.batches).toHaveLength(0);
    detected.resolve("h1");
    await flushed;
    expect(exporter.batches[0]?.[0]?.resource.attributes["host.id"]).toBe("h1");
  });

  test("goes without attributes that are never detected", async () => {
    const exporter = new ScriptedExporter();
    const processor = new ReliableLogRecordProcessor({
      exporter,
      ...FAST,
      exportTimeoutMillis: 10,
    });
    const resource = resourceFromAttributes({ "host.id": new Promise<string>(() => {}) });
    new LoggerProvider({ processors: [processor], resource }).getLogger("app").emit({ body: "a" });
    await processor.forceFlush();
    expect(processor.ledger().delivered).toBe(1);
  });

  test("has the records as they were emitted, whatever a later processor makes of them", async () => {
    const exporter = new ScriptedExporter();
    const processor = new ReliableLogRecordProcessor({ exporter, ...FAST });
    const meddler: LogRecordProcessor = {
      onEmit: (record) => {
        record.setBody("scrubbed").setAttribute("actor", "mallory");
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new LoggerProvider({ processors: [processor, meddler] });
    provider.getLogger("app").emit({ body: "sealed", attributes: { actor: "alice" } });
    await processor.forceFlush();
    expect(exporter.batches[0]?.[0]).toMatchObject({
      body: "sealed",
      attributes: { actor: "alice" },
    });
  });

  test("that keeps failing as a whole is tried in smaller ones, and they grow again", async () => {
    const exporter = new ScriptedExporter((records, done) =>
      done(
        records.length > 3
          ? { code: ExportResultCode.FAILED, error: new Error("connection reset") }
          : { code: ExportResultCode.SUCCESS },
      ),
    );
    const { processor, emit, errors } = started(exporter, { maxBatchSize: 16 });
    emit(...Array.from({ length: 16 }, (_, i) => `r${i}`));
    await processor.forceFlush();
    expect(processor.ledger()).toMatchObject({ delivered: 16, rejected: 0 });
    expect(errors).toEqual([]);
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    for (let round = 0; round < 6; round++) {
      emit(...Array.from({ length: 16 }, (_, i) => `s${round}-${i}`));
      await processor.forceFlush();
    }
    expect(exporter.batches.at(-1)).toHaveLength(16);
  });

  test("has 4 Mi characters of bodies at the most, and one record at the least", async () => {
    const exporter = new ScriptedExporter();
    const { processor, emit } = started(exporter);
    emit(...Array.from({ length: 5 }, () => "x".repeat(2 ** 20)), "y".repeat(2 ** 23), "z");
    await processor.forceFlush();
    expect(exporter.batches.map((batch) => batch.length)).toEqual([4, 1, 1, 1]);
  });

  test("whose success comes after its time counts as delivered", async () => {
    const exporter = new ScriptedExporter((_, done) => {
      setTimeout(() => done({ code: ExportResultCode.SUCCESS }), 30);
    });
    const { processor, emit } = started(exporter, {
      exportTimeoutMillis: 10,
      initialBackoffMillis: 1000,
      maxBackoffMillis: 1000,
    });
    emit("a", "b");
    await vi.waitFor(() => expect(processor.ledger()).toMatchObject({ delivered: 2, pending: 0 }));
    await processor.shutdown();
    expect(processor.ledger()).toEqual({ accepted: 2, delivered: 2, pending: 0, rejected: 0 });
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
    const mirror = new ReliableLogRecordProcessor({
      exporter,
      ...FAST,
      maxPending: 2,
      whenFull: "throw",
    });
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

  test("makes attempts in short order: a backend that comes back meanwhile gets the records", async () => {
    vi.useFakeTimers();
    try {
      const exporter = new ScriptedExporter(failWith(new Error("down")));
      const { processor, emit } = started(exporter, {
        initialBackoffMillis: 20_000,
        maxBackoffMillis: 20_000,
      });
      emit("a");
      await vi.advanceTimersByTimeAsync(5);
      const flushed = processor.forceFlush({ timeoutMillis: 5000 });
      await vi.advanceTimersByTimeAsync(100);
      exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
      await vi.advanceTimersByTimeAsync(1100);
      await flushed;
    } finally {
      vi.useRealTimers();
    }
  });

  test("cuts the backoff short that follows a Retry-After, but not the Retry-After", async () => {
    vi.useFakeTimers();
    const random = vi.spyOn(Math, "random").mockReturnValue(0.99);
    try {
      const wait = new ExportError("busy", { status: 429, retryAfterMillis: 2000 });
      const exporter = new ScriptedExporter(failWith(wait));
      const { processor, emit } = started(exporter, {
        initialBackoffMillis: 60_000,
        maxBackoffMillis: 60_000,
      });
      emit("a");
      await vi.advanceTimersByTimeAsync(5);
      expect(processor.ledger().lastError).toBe("busy");
      exporter.takes = succeed;
      const flushed = processor.forceFlush({ timeoutMillis: 4000 });
      await vi.advanceTimersByTimeAsync(1990);
      expect(exporter.batches).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1000);
      await flushed;
    } finally {
      random.mockRestore();
      vi.useRealTimers();
    }
  });

  test("keeps its deadline though the exporter's own flush hangs, and hurries nobody afterwards", async () => {
    const exporter = new ScriptedExporter();
    exporter.forceFlush = () => new Promise(() => {});
    const { processor, emit } = started(exporter, { delayMillis: 50 });
    emit("a");
    await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("the exporter of otlp was not done"),
    });
    emit("b");
    await new Promise(setImmediate);
    emit("c");
    await vi.waitFor(() => expect(exporter.batches.flat()).toHaveLength(3));
    expect(bodies(exporter)).toEqual([["a"], ["b", "c"]]);
  });

  test("cuts a backoff short", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = started(exporter, {
      initialBackoffMillis: 60_000,
      maxBackoffMillis: 60_000,
    });
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

describe("a shutdown that cannot succeed", () => {
  test("takes no longer than it may, and says what is pending", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = started(exporter);
    emit("a");
    await expect(processor.shutdown({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("1 pending"),
    });
    const attempts = exporter.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(exporter.batches).toHaveLength(attempts);
  });

  test("does not wait for an exporter whose own shutdown hangs", async () => {
    const exporter = new ScriptedExporter();
    exporter.shutdown = () => new Promise(() => {});
    const { processor, emit } = started(exporter);
    emit("a");
    await expect(processor.shutdown({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
    });
    expect(processor.ledger().delivered).toBe(1);
  });

  test("lets a flush end at the deadline of its own", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const audit = new GovernanceAuditLog({
      mirrors: [new ReliableLogRecordProcessor({ exporter, ...FAST })],
      onError: () => {},
    });
    castVotes(audit, 1);
    const closed = audit.shutdown({ timeoutMillis: 300 }).catch((error) => error.code);
    await expect(audit.flush({ timeoutMillis: 10 })).rejects.toMatchObject({
      code: "delivery_failed",
    });
    expect(audit.ledger().mirrors["otlp"]?.pending).toBe(1);
    expect(await closed).toBe("delivery_failed");
  });
});

describe("what goes wrong is heard:", () => {
  test("an onError that logs to the same full processor is told once, and comes to an end", () => {
    const exporter = new ScriptedExporter(() => {});
    const heard: string[] = [];
    const { emit, processor } = started(exporter, {
      maxPending: 1,
      onError: ({ message }) => {
        heard.push(message);
        emit("the log is full");
      },
    });
    emit("a", "b");
    expect(heard).toHaveLength(1);
    expect(processor.ledger()).toMatchObject({ accepted: 3, pending: 1, rejected: 2 });
  });

  test("a failure that lasts for more than a minute is told once a minute, and the records are kept", async () => {
    vi.useFakeTimers();
    try {
      const { processor, emit, errors } = started(
        new ScriptedExporter(failWith(new Error("HTTP 503"))),
        {
          maxBackoffMillis: 1000,
        },
      );
      emit("a");
      await vi.advanceTimersByTimeAsync(59_000);
      expect(errors).toEqual([]);
      await vi.advanceTimersByTimeAsync(120_000);
      expect(errors.map(({ message }) => message)).toEqual([
        expect.stringMatching(/HTTP 503.*lasted/),
        expect.stringMatching(/HTTP 503.*lasted/),
      ]);
      expect(processor.ledger()).toMatchObject({ pending: 1, rejected: 0 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a fault of the configuration is told at once, though a lasting failure was just before", async () => {
    vi.useFakeTimers();
    try {
      const exporter = new ScriptedExporter(failWith(new ExportError("HTTP 503", { status: 503 })));
      const { emit, errors } = started(exporter, { maxBackoffMillis: 1000 });
      emit("a");
      await vi.advanceTimersByTimeAsync(62_000);
      expect(errors.map(({ message }) => message)).toEqual([
        expect.stringMatching(/HTTP 503.*lasted/),
      ]);
      exporter.takes = failWith(new ExportError("HTTP 401", { status: 401 }));
      await vi.advanceTimersByTimeAsync(2000);
      expect(errors.slice(1).map(({ message }) => message)).toEqual([
        expect.stringMatching(/HTTP 401.*credentials/),
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("without a listener the process warns of the first loss, and then once a minute with a count", async () => {
    vi.useFakeTimers();
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const processor = new ReliableLogRecordProcessor({
        exporter: new ScriptedExporter(() => {}),
        maxPending: 1,
      });
      const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
      for (let i = 0; i < 1001; i++) logger.emit({ body: "a" });
      expect(warnings).toHaveBeenCalledTimes(1);
      await vi.advanceTimersByTimeAsync(60_000);
      logger.emit({ body: "a" });
      expect(warnings.mock.calls.map(([warning]) => String(warning))).toEqual([
        expect.stringContaining("no room"),
        expect.stringContaining("no room"),
        expect.stringContaining("999 more errors"),
      ]);
    } finally {
      warnings.mockRestore();
      vi.useRealTimers();
    }
  });
});

describe("options", () => {
  const exporter = new ScriptedExporter();
  test.each([
    ["options", null],
    ["exporter", {}],
    ["exporter", { exporter: { export: () => {} } }],
    ["name", { exporter, name: "" }],
    ["maxBatchSize", { exporter, maxBatchSize: 0 }],
    ["maxPending", { exporter, maxPending: 1.5 }],
    ["whenFull", { exporter, whenFull: "drop" }],
    ["delayMillis", { exporter, delayMillis: -1 }],
    ["giveUpAfterMillis", { exporter, giveUpAfterMillis: 2 ** 31 }],
    ["onError", { exporter, onError: "log" }],
    ["meterProvider", { exporter, meterProvider: {} }],
    ["maxQueueSize", { exporter, maxQueueSize: 2048 }],
  ])("%s that cannot work are refused by name: %o", (field, options) => {
    expect(() => new ReliableLogRecordProcessor(options as never)).toThrow(
      expect.objectContaining({ code: "invalid_options", field }),
    );
  });
});

test("a mirror has one log: another one is refused", () => {
  const mirror = new ReliableLogRecordProcessor({ exporter: new ScriptedExporter() });
  new GovernanceAuditLog({ mirrors: [mirror] });
  expect(() => new GovernanceAuditLog({ mirrors: [mirror] })).toThrow(
    expect.objectContaining({ code: "invalid_options", field: "mirrors[0]" }),
  );
});

describe("gRPC codes and statuses of the stock exporters are understood:", () => {
  const rejected = [{ code: 3 }, { code: 400 }, { code: 413 }, { status: 422 }];
  test.each(rejected)("%o refuses the record", async (told) => {
    const exporter = new ScriptedExporter(failWith(Object.assign(new Error("no"), told)));
    const { processor, emit } = started(exporter);
    emit("a");
    await vi.waitFor(() => expect(processor.ledger().rejected).toBe(1));
  });

  const kept = [
    { code: 14 },
    { code: 16 },
    { code: 503 },
    { status: 401 },
    { code: "ECONNREFUSED" },
    {},
  ];
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
    const reader = new PeriodicExportingMetricReader({
      exporter: memory,
      exportIntervalMillis: 1_000_000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { processor, emit } = started(exporter, {
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

  test("metrics go to the provider that is registered by the first record, and on after the shutdown", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit } = started(exporter, { maxPending: 1 });
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

  describe("the diagnostics", () => {
    const warnings: string[] = [];
    beforeEach(() => {
      warnings.length = 0;
      warnInto(warnings);
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
