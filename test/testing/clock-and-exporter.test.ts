import { ExportResultCode } from "@opentelemetry/core";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { describe, expect, test, vi } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { DEFAULT_CLOCK_START, fixedClock, RecordingExporter } from "../../src/testing/index.js";

describe("fixedClock", () => {
  test("stands still at its start", () => {
    const clock = fixedClock();
    expect(clock().toISOString()).toBe(DEFAULT_CLOCK_START);
    expect(clock().toISOString()).toBe(DEFAULT_CLOCK_START);
  });

  test("moves by its step with every reading", () => {
    const clock = fixedClock("2026-04-14T12:00:00Z", 7);
    expect([clock(), clock(), clock()].map((date) => date.toISOString())).toEqual([
      "2026-04-14T12:00:00.000Z",
      "2026-04-14T12:00:00.007Z",
      "2026-04-14T12:00:00.014Z",
    ]);
  });

  test("can be set, and moved forth and back", () => {
    const clock = fixedClock();
    clock.set(new Date(5000));
    clock.advance(1500);
    expect(clock().getTime()).toBe(6500);
    clock.advance(-6500);
    expect(clock().getTime()).toBe(0);
  });

  test("does not follow a Date that was handed to it or that it handed out", () => {
    const start = new Date(1000);
    const clock = fixedClock(start);
    start.setTime(0);
    clock().setTime(0);
    expect(clock().getTime()).toBe(1000);
  });

  test.each([
    ["start", () => fixedClock(new Date(Number.NaN))],
    ["start", () => fixedClock("yesterday")],
    ["start", () => fixedClock(0 as unknown as Date)],
    ["stepMillis", () => fixedClock(undefined, 0.5)],
    ["stepMillis", () => fixedClock(undefined, Number.NaN)],
    ["date", () => fixedClock().set("")],
    ["millis", () => fixedClock().advance(Number.POSITIVE_INFINITY)],
  ])("refuses what is no time: %s", (field, call) => {
    expect(call).toThrow(expect.objectContaining({ code: "invalid_options", field }));
  });

  test("gives a log its timestamps", () => {
    const clock = fixedClock("2026-04-14T12:00:00Z", 1000);
    const audit = new GovernanceAuditLog({ clock });
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    clock.advance(60_000);
    expect(audit.logNodeRemoved({ did: "did:pqaid:dave" }).timestamp).toBe(
      "2026-04-14T12:01:01.000Z",
    );
  });
});

describe("RecordingExporter", () => {
  test("keeps the records of a mirror with their bodies, in order", async () => {
    const exporter = new RecordingExporter();
    const audit = new GovernanceAuditLog({ mirrors: [new SimpleLogRecordProcessor({ exporter })] });
    audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    await audit.flush();
    expect(exporter.bodies).toEqual([...audit.lines()]);
    expect(exporter.records.map((record) => record.eventName)).toEqual([
      "governance.node_added",
      "governance.node_removed",
    ]);
    expect(exporter.attempts).toBe(2);
  });

  test("keeps every field of a record", async () => {
    const exporter = new RecordingExporter();
    const provider = new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    provider
      .getLogger("app", "2.0")
      .emit({ body: { nested: [1] }, severityText: "INFO", attributes: { a: 1 } });
    await provider.forceFlush();
    expect(exporter.records).toEqual([
      expect.objectContaining({
        body: { nested: [1] },
        severityText: "INFO",
        attributes: { a: 1 },
        droppedAttributesCount: 0,
        instrumentationScope: expect.objectContaining({ name: "app", version: "2.0" }),
        hrTime: [expect.any(Number), expect.any(Number)],
        hrTimeObserved: [expect.any(Number), expect.any(Number)],
      }),
    ]);
    expect(exporter.records[0]?.resource.attributes).toHaveProperty("service.name");
  });

  test("keeps a record as it was when it was exported", () => {
    const exporter = new RecordingExporter();
    const record = { ...someRecord(), attributes: { actor: "bob" } };
    exporter.export([record], () => {});
    record.attributes.actor = "mallory";
    expect(exporter.records[0]?.attributes).toEqual({ actor: "bob" });
  });

  test("fails the next exports as often as it was told, and records nothing of them", () => {
    const exporter = new RecordingExporter();
    exporter.failNext(2, new Error("503"));
    expect([someExport(exporter), someExport(exporter), someExport(exporter)]).toEqual([
      { code: ExportResultCode.FAILED, error: new Error("503") },
      { code: ExportResultCode.FAILED, error: new Error("503") },
      { code: ExportResultCode.SUCCESS },
    ]);
    expect(exporter).toMatchObject({ attempts: 3, bodies: ["body"] });
  });

  test("fails until it is told otherwise", () => {
    const exporter = new RecordingExporter();
    exporter.failNext(Number.POSITIVE_INFINITY);
    someExport(exporter);
    expect(someExport(exporter).code).toBe(ExportResultCode.FAILED);
    exporter.failNext(0);
    expect(someExport(exporter).code).toBe(ExportResultCode.SUCCESS);
  });

  test("refuses to fail half a time", () => {
    expect(() => new RecordingExporter().failNext(0.5)).toThrow(
      expect.objectContaining({ code: "invalid_options", field: "count" }),
    );
  });

  test("starts over after a reset", () => {
    const exporter = new RecordingExporter();
    someExport(exporter);
    exporter.failNext(3);
    exporter.reset();
    expect(exporter).toMatchObject({ records: [], bodies: [], attempts: 0 });
    expect(someExport(exporter).code).toBe(ExportResultCode.SUCCESS);
  });

  test("refuses exports after a shutdown and still shows what it has", async () => {
    const exporter = new RecordingExporter();
    const provider = new LoggerProvider({
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    provider.getLogger("app").emit({ body: "first" });
    await provider.shutdown();
    expect(someExport(exporter).code).toBe(ExportResultCode.FAILED);
    expect(exporter.bodies).toEqual(["first"]);
  });
});

function someExport(exporter: RecordingExporter): { readonly code: ExportResultCode } {
  let result: { readonly code: ExportResultCode } | undefined;
  exporter.export([someRecord()], (answer) => {
    result = answer;
  });
  if (result === undefined) throw new Error("the exporter answers before it returns");
  return result;
}

function someRecord(): Parameters<RecordingExporter["export"]>[0][number] {
  const source = new RecordingExporter();
  new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: source })] })
    .getLogger("app")
    .emit({ body: "body" });
  const [record] = source.records;
  if (record === undefined) throw new Error("the processor exports before emit returns");
  return record;
}

test("a log without a clock follows the fake timers of the runner, if it is older too", () => {
  const audit = new GovernanceAuditLog();
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-04-14T12:00:00Z") });
  try {
    expect(audit.logNodeRemoved({ did: "did:pqaid:eve" }).timestamp).toBe(
      "2026-04-14T12:00:00.000Z",
    );
  } finally {
    vi.useRealTimers();
  }
  expect(audit.logNodeRemoved({ did: "did:pqaid:eve" }).timestamp).not.toContain("T12:00:00.000Z");
});
