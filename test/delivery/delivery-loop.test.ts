import { ExportResultCode } from "@opentelemetry/core";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { failWith, ScriptedExporter, succeed } from "../fixtures/exporters.js";
import { bodiesOf, startedProcessor } from "../fixtures/started-processor.js";
import { until } from "../fixtures/until.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a batch", () => {
  test("is sent at once when it is full, and after the delay when it is not", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter();
    const { emit } = startedProcessor(exporter, { maxBatchSize: 3, delayMillis: 1000 });
    emit("a", "b", "c", "d");
    await vi.advanceTimersByTimeAsync(0);
    expect(bodiesOf(exporter)).toEqual([["a", "b", "c"]]);
    await vi.advanceTimersByTimeAsync(999);
    expect(exporter.batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(bodiesOf(exporter)).toEqual([["a", "b", "c"], ["d"]]);
  });

  test("is full when the spool is full: a small spool loses nothing by the delay", async () => {
    const exporter = new ScriptedExporter();
    const { processor, emit } = startedProcessor(exporter, { maxPending: 3, delayMillis: 60_000 });
    for (let round = 0; round < 3; round++) {
      emit("a", "b", "c");
      await until(() => processor.ledger().pending === 0);
    }
    expect(processor.ledger()).toMatchObject({ accepted: 9, delivered: 9, rejected: 0 });
  });

  test("is kept until the exporter says success, one export at a time", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    await until(() => exporter.batches.length === 1);
    emit("b");
    expect(processor.ledger()).toMatchObject({ accepted: 2, delivered: 0, pending: 2 });
    expect(exporter.batches).toHaveLength(1);
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
    const { processor, emit } = startedProcessor(exporter);
    const sent = Array.from({ length: 21 }, (_, i) => `r${i}`);
    emit(...sent);
    await processor.forceFlush();
    expect(delivered).toEqual(sent);
  });

  test("is rejected after giveUpAfterMillis, if that is set", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit, errors } = startedProcessor(exporter, { giveUpAfterMillis: 30 });
    emit("a", "b");
    await expect(processor.forceFlush()).rejects.toMatchObject({
      message: expect.stringMatching(/2 rejected/),
    });
    expect(processor.ledger()).toMatchObject({ accepted: 2, rejected: 2, pending: 0 });
    expect(errors[0]?.message).toMatch(/given up after 30 ms: down/);
  });

  test("whose success comes after its time counts as delivered", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter((_, done) => {
      setTimeout(() => done({ code: ExportResultCode.SUCCESS }), 30);
    });
    const { processor, emit } = startedProcessor(exporter, {
      exportTimeoutMillis: 10,
      initialBackoffMillis: 1000,
      maxBackoffMillis: 1000,
    });
    emit("a", "b");
    await vi.advanceTimersByTimeAsync(31);
    expect(processor.ledger()).toMatchObject({ delivered: 2, pending: 0 });
    await processor.shutdown();
    expect(processor.ledger()).toEqual({ accepted: 2, delivered: 2, pending: 0, rejected: 0 });
  });
});

describe("while somebody waits for a flush, a loop", () => {
  test("tries again soon: a backend that returns meanwhile gets the records", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = startedProcessor(exporter, {
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
  });

  test("cuts the backoff short that follows a Retry-After, but not the Retry-After", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    const wait = new ExportError("busy", { status: 429, retryAfterMillis: 2000 });
    const exporter = new ScriptedExporter(failWith(wait));
    const { processor, emit } = startedProcessor(exporter, {
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
  });

  test("cuts a backoff short", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = startedProcessor(exporter, {
      initialBackoffMillis: 60_000,
      maxBackoffMillis: 60_000,
    });
    emit("a");
    await until(() => processor.ledger().lastError === "down");
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.forceFlush();
    expect(processor.ledger().delivered).toBe(1);
  });
});

describe("the attempts of a processor", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  /** A processor over an exporter that fails, and the times of its attempts. */
  function started(): {
    readonly at: number[];
    readonly exporter: ScriptedExporter;
    readonly emit: () => void;
  } {
    const at: number[] = [];
    const fail = failWith(new Error("HTTP 503"));
    const exporter = new ScriptedExporter((records, done) => {
      at.push(performance.now());
      fail(records, done);
    });
    const processor = new ReliableLogRecordProcessor({ exporter, onError: () => {} });
    const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
    return { at, exporter, emit: () => logger.emit({ body: "vote" }) };
  }

  const gaps = (at: readonly number[]): number[] =>
    at.slice(1).map((millis, index) => Math.round(millis - (at[index] as number)));

  test("are backoffs apart, however long it lasts, and start anew after a success", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { at, exporter, emit } = started();
    const { takes: fail } = exporter;
    emit();
    await vi.advanceTimersByTimeAsync(62_000);
    expect(gaps(at)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    exporter.takes = succeed;
    await vi.advanceTimersByTimeAsync(15_000);
    exporter.takes = fail;
    at.length = 0;
    emit();
    await vi.advanceTimersByTimeAsync(5000);
    expect(gaps(at)).toEqual([500, 1000, 2000]);
  });
});
