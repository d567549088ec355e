import { ExportResultCode } from "@opentelemetry/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { failWith, ScriptedExporter } from "../fixtures/exporters.js";
import { bodiesOf, FAST, startedProcessor } from "../fixtures/started-processor.js";
import { until } from "../fixtures/until.js";
import { castVotes } from "../fixtures/watched-delivery.js";

afterEach(() => {
  vi.useRealTimers();
});

describe("a flush", () => {
  test("rejects at its deadline with the ledger, and the next one may still resolve", async () => {
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = startedProcessor(exporter);
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
    const { processor, emit } = startedProcessor(exporter);
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
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    await until(() => processor.ledger().rejected === 1);
    await expect(processor.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
  });

  test("keeps its deadline if the exporter hangs, and hurries nobody after it", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter();
    exporter.forceFlush = () => new Promise(() => {});
    const { processor, emit } = startedProcessor(exporter, { delayMillis: 50 });
    emit("a");
    const flushed = expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("the exporter of otlp was not done"),
    });
    await vi.advanceTimersByTimeAsync(20);
    await flushed;
    emit("b");
    await vi.advanceTimersByTimeAsync(49);
    emit("c");
    await vi.advanceTimersByTimeAsync(1);
    expect(bodiesOf(exporter)).toEqual([["a"], ["b", "c"]]);
  });
});

describe("a shutdown", () => {
  test("is done once, closes the exporter, and rejects what comes afterwards", async () => {
    const exporter = new ScriptedExporter();
    const { processor, emit, errors } = startedProcessor(exporter);
    emit("a");
    await Promise.all([processor.shutdown(), processor.shutdown()]);
    expect(exporter.shutdowns).toBe(1);
    emit("b");
    expect(processor.ledger()).toMatchObject({ accepted: 2, delivered: 1, rejected: 1 });
    expect(errors[0]?.message).toMatch(/after the shutdown/);
  });

  test("takes no longer than it may, and says what is pending", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter(failWith(new Error("down")));
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    const closed = expect(processor.shutdown({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
      message: expect.stringContaining("1 pending"),
    });
    await vi.advanceTimersByTimeAsync(20);
    await closed;
    const attempts = exporter.batches.length;
    expect(attempts).toBeGreaterThan(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(exporter.batches).toHaveLength(attempts);
  });

  test("does not wait for an exporter whose own shutdown hangs", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter();
    exporter.shutdown = () => new Promise(() => {});
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    const closed = expect(processor.shutdown({ timeoutMillis: 20 })).rejects.toMatchObject({
      code: "delivery_failed",
    });
    await vi.advanceTimersByTimeAsync(1000); // an exporter always has this long
    await closed;
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
