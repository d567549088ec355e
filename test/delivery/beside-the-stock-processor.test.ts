import { ExportResultCode } from "@opentelemetry/core";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** 100 records a second for 25 s, to an exporter that fails from the 3rd second to the 23rd; how many arrived. */
async function throughTwentySecondsOf503(
  make: (exporter: ScriptedExporter) => LogRecordProcessor,
): Promise<{ arrived: number; flushed: "resolved" | "rejected" }> {
  const start = Date.now();
  const arrived = new Set<unknown>();
  const exporter = new ScriptedExporter((records, done) => {
    const second = (Date.now() - start) / 1000;
    if (second >= 3 && second < 23)
      return done({ code: ExportResultCode.FAILED, error: new ExportError("HTTP 503", { status: 503 }) });
    for (const { attributes } of records) arrived.add(attributes["n"]);
    done({ code: ExportResultCode.SUCCESS });
  });
  const processor = make(exporter);
  const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
  for (let n = 0; n < 2500; n++) {
    logger.emit({ body: "vote", attributes: { n } });
    await vi.advanceTimersByTimeAsync(10);
  }
  const flushing = processor.forceFlush().then(
    () => "resolved" as const,
    () => "rejected" as const,
  );
  await vi.advanceTimersByTimeAsync(30_000);
  return { arrived: arrived.size, flushed: await flushing };
}

describe("100 records a second through 20 seconds of 503:", () => {
  test("none is lost", async () => {
    expect(
      await throughTwentySecondsOf503((exporter) => new ReliableLogRecordProcessor({ exporter })),
    ).toEqual({
      arrived: 2500,
      flushed: "resolved",
    });
  });

  test("the stock batch processor loses what it was handed meanwhile, and its flush resolves", async () => {
    const { arrived, flushed } = await throughTwentySecondsOf503(
      (exporter) => new BatchLogRecordProcessor({ exporter }),
    );
    expect(arrived).toBeLessThan(600);
    expect(flushed).toBe("resolved");
  });
});

describe("one record that the exporter refuses among 500:", () => {
  const refusing = (): [ScriptedExporter, Set<unknown>] => {
    const arrived = new Set<unknown>();
    const exporter = new ScriptedExporter((records, done) => {
      if (records.some(({ body }) => body === "bad"))
        return done({ code: ExportResultCode.FAILED, error: new ExportError("HTTP 400", { status: 400 }) });
      for (const { attributes } of records) arrived.add(attributes["n"]);
      done({ code: ExportResultCode.SUCCESS });
    });
    return [exporter, arrived];
  };
  const emitTo = (processor: LogRecordProcessor): void => {
    const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
    for (let n = 0; n < 500; n++) logger.emit({ body: n === 250 ? "bad" : "good", attributes: { n } });
  };

  test("costs itself", async () => {
    const [exporter, arrived] = refusing();
    const processor = new ReliableLogRecordProcessor({ exporter, onError: () => {} });
    emitTo(processor);
    await expect(processor.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(arrived.size).toBe(499);
  });

  test("costs the stock batch processor all 500, and its flush resolves", async () => {
    const [exporter, arrived] = refusing();
    const processor = new BatchLogRecordProcessor({ exporter });
    emitTo(processor);
    await processor.forceFlush();
    expect(arrived.size).toBe(0);
  });
});
