import { describe, expect, test } from "vitest";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";

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
    ["shutdownTimeoutMillis", { exporter, shutdownTimeoutMillis: 0 }],
    ["onError", { exporter, onError: "log" }],
    ["meterProvider", { exporter, meterProvider: {} }],
    ["maxQueueSize", { exporter, maxQueueSize: 2048 }],
  ])("%s that cannot work are refused by name: %o", (field, options) => {
    expect(() => new ReliableLogRecordProcessor(options as never)).toThrow(
      expect.objectContaining({ code: "invalid_options", field }),
    );
  });
});
