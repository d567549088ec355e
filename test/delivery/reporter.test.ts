import { diag } from "@opentelemetry/api";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ExportError, ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { warnInto } from "../fixtures/diagnostics.js";
import { failWith, ScriptedExporter } from "../fixtures/exporters.js";
import { startedProcessor } from "../fixtures/started-processor.js";
import { until } from "../fixtures/until.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("what goes wrong is reported:", () => {
  test("an onError that logs to the same full processor is told once, and comes to an end", () => {
    const exporter = new ScriptedExporter(() => {});
    const heard: string[] = [];
    const { emit, processor } = startedProcessor(exporter, {
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

  test("a failure that lasts is reported once a minute, and the records are kept", async () => {
    vi.useFakeTimers();
    const { processor, emit, errors } = startedProcessor(
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
  });

  test("a wrong configuration is reported at once, even after a lasting failure", async () => {
    vi.useFakeTimers();
    const exporter = new ScriptedExporter(failWith(new ExportError("HTTP 503", { status: 503 })));
    const { emit, errors } = startedProcessor(exporter, { maxBackoffMillis: 1000 });
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
  });

  test("without a listener, the process warns of the first, then counts the others", async () => {
    vi.useFakeTimers();
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
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
  });
});

describe("the diagnostics", () => {
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    warnInto(warnings);
  });
  afterEach(() => {
    diag.disable();
  });

  test("warn of the first loss, and then at most once a minute", async () => {
    const exporter = new ScriptedExporter(failWith(new ExportError("no", { status: 400 })));
    const { processor, emit } = startedProcessor(exporter);
    emit("a", "b", "c");
    await until(() => processor.ledger().rejected === 3);
    expect(warnings.filter((text) => text.includes("quorumlog"))).toHaveLength(1);
  });
});
