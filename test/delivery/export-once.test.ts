import { ExportResultCode, isTracingSuppressed } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import { EXPORT_RESULT, UNTRACED } from "../../src/delivery/export-once.js";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { bodiesOf, FAST, startedProcessor } from "../fixtures/started-processor.js";

describe("an export", () => {
  test("that gets no answer within the time is tried again", async () => {
    let silent = true;
    const exporter = new ScriptedExporter((_, done) => {
      if (!silent) done({ code: ExportResultCode.SUCCESS });
      silent = false;
    });
    const { processor, emit } = startedProcessor(exporter, { exportTimeoutMillis: 5 });
    emit("a");
    await processor.forceFlush();
    expect(bodiesOf(exporter)).toEqual([["a"], ["a"]]);
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
});

test("what the SDK's core package tells instrumentations and exporters, we tell them too", () => {
  expect(isTracingSuppressed(UNTRACED)).toBe(true);
  const { SUCCESS, FAILED } = ExportResultCode;
  expect(EXPORT_RESULT).toEqual({ SUCCESS, FAILED });
});
