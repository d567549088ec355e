import { ExportResultCode } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { Backend, type Manner } from "../fixtures/backend.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { castVotes, logTo } from "../fixtures/watched-delivery.js";

/**
 * Emits 100 records a second for 25 s to an exporter that fails from the 3rd second to the 23rd.
 * Returns how many arrived.
 */
async function throughTwentySecondsOf503(
  make: (exporter: ScriptedExporter) => LogRecordProcessor,
): Promise<{ arrived: number; flushed: "resolved" | "rejected" }> {
  const start = Date.now();
  const arrived = new Set<unknown>();
  const exporter = new ScriptedExporter((records, done) => {
    const second = (Date.now() - start) / 1000;
    if (second >= 3 && second < 23)
      return done({
        code: ExportResultCode.FAILED,
        error: new ExportError("HTTP 503", { status: 503 }),
      });
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
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("none is lost", async () => {
    expect(
      await throughTwentySecondsOf503((exporter) => new ReliableLogRecordProcessor({ exporter })),
    ).toEqual({
      arrived: 2500,
      flushed: "resolved",
    });
  });

  test("the stock batch processor loses most of them, and its flush resolves", async () => {
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
        return done({
          code: ExportResultCode.FAILED,
          error: new ExportError("HTTP 400", { status: 400 }),
        });
      for (const { attributes } of records) arrived.add(attributes["n"]);
      done({ code: ExportResultCode.SUCCESS });
    });
    return [exporter, arrived];
  };
  const emitTo = (processor: LogRecordProcessor): void => {
    const logger = new LoggerProvider({ processors: [processor] }).getLogger("app");
    for (let n = 0; n < 500; n++)
      logger.emit({ body: n === 250 ? "bad" : "good", attributes: { n } });
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

describe("over HTTP,", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await Backend.start();
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  const arrived = async (): Promise<number> => new Set((await backend.state()).uids).size;

  /** The stock processor over the stock exporter, and the result of each export. */
  function newStock(timeoutMillis = 10_000) {
    const said: ExportResultCode[] = [];
    const exporter: LogRecordExporter = new OTLPLogExporter({ url: backend.url, timeoutMillis });
    const overheard: LogRecordExporter = {
      export: (records, done) =>
        exporter.export(records, (result) => {
          said.push(result.code);
          done(result);
        }),
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
    const processor = new BatchLogRecordProcessor({ exporter: overheard });
    const provider = new LoggerProvider({ processors: [processor] });
    onTestFinished(() => provider.shutdown());
    const logger = provider.getLogger("stock");
    let emitted = 0;
    const emit = (count: number, poisoned: readonly number[] = []): void => {
      for (let i = 0; i < count; i++)
        logger.emit({
          body: poisoned.includes(i) ? "poison" : "vote",
          attributes: { "log.record.uid": `${emitted++}` },
        });
    };
    return { provider, emit, said };
  }

  describe("500 records that come during a flush of 1500, and then a shutdown:", () => {
    test("all are delivered", async () => {
      await backend.startAnew();
      const audit = logTo(backend);
      castVotes(audit, 1500);
      const flushed = audit.flush();
      castVotes(audit, 500);
      await Promise.all([flushed, audit.shutdown()]);
      expect(await arrived()).toBe(2000);
    });

    test("the stock batch processor loses the 500, and both resolve", async () => {
      await backend.startAnew();
      const { provider, emit } = newStock();
      emit(1500);
      const flushed = provider.forceFlush();
      emit(500);
      await Promise.all([flushed, provider.shutdown()]);
      expect(await arrived()).toBe(1500);
    });
  });

  const POISONED = [0, 250, 499];
  /** How a backend answers 200 to 500 records, how many arrive, and how long a flush tries. */
  const falseSuccesses: [string, Manner, number, number][] = [
    ["a partial success", { play: "partial success" }, 497, 60_000],
    ["an answer that is cut in mid-body", { play: "reset" }, 0, 200],
    ["a web page", { play: "web page" }, 0, 200],
  ];
  describe.each(falseSuccesses)("%s with status 200", (_, manner, count, timeoutMillis) => {
    test("is no delivery, and the flush says so", async () => {
      await backend.startAnew(manner);
      const audit = logTo(backend);
      castVotes(audit, 500, POISONED);
      await expect(audit.flush({ timeoutMillis })).rejects.toMatchObject({
        ledger: { accepted: 500, mirrors: { otlp: { delivered: count } } },
      });
      expect(await arrived()).toBe(count);
    });

    test("is success to the stock exporter", async () => {
      await backend.startAnew(manner);
      const { provider, emit, said } = newStock();
      emit(500, POISONED);
      await provider.forceFlush();
      expect(said).toEqual([ExportResultCode.SUCCESS]);
      expect(await arrived()).toBe(count);
    });
  });

  describe("a Retry-After that is longer than an export may take", () => {
    const asking = { play: "status", status: 429, retryAfter: "1" } as const;

    test("is waited for", async () => {
      await backend.startAnew({ ...asking, times: 1 });
      const audit = logTo(backend, { timeoutMillis: 900 });
      const started = performance.now();
      castVotes(audit, 500);
      await audit.flush();
      expect(performance.now() - started).toBeGreaterThan(950);
      expect(await arrived()).toBe(500);
    });

    test("costs the stock batch processor the batch, and its flush resolves", async () => {
      await backend.startAnew(asking);
      const { provider, emit, said } = newStock(900);
      emit(500);
      await provider.forceFlush();
      await backend.play({ play: "healthy" });
      await provider.shutdown();
      expect(said).toEqual([ExportResultCode.FAILED]);
      expect(await arrived()).toBe(0);
    });
  });
});
