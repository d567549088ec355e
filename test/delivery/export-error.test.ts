import { ExportResultCode } from "@opentelemetry/core";
import { describe, expect, test } from "vitest";
import { failWith, ScriptedExporter } from "../fixtures/exporters.js";
import { startedProcessor } from "../fixtures/started-processor.js";
import { until } from "../fixtures/until.js";

describe("gRPC codes and statuses of the stock exporters are understood:", () => {
  const rejected = [{ code: 3 }, { code: 400 }, { code: 413 }, { status: 422 }];
  test.each(rejected)("%o refuses the record", async (told) => {
    const exporter = new ScriptedExporter(failWith(Object.assign(new Error("no"), told)));
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    await until(() => processor.ledger().rejected === 1);
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
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    await until(() => exporter.batches.length > 3);
    expect(processor.ledger()).toMatchObject({ pending: 1, rejected: 0 });
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.shutdown();
  });
});

describe("the last error of a mirror, from any exporter,", () => {
  test.each<[reason: string, error: Error]>([
    [
      "connect ECONNREFUSED ::1:4318, connect ECONNREFUSED 127.0.0.1:4318",
      new AggregateError([
        new Error("connect ECONNREFUSED ::1:4318"),
        new Error("connect ECONNREFUSED 127.0.0.1:4318"),
      ]),
    ],
    ["14 UNAVAILABLE: no backend", new Error("14 UNAVAILABLE:\n\tno backend\r\n")],
    ["the exporter gives no reason", new Error()],
  ])("is on one line and gives a reason: %s", async (reason, error) => {
    const exporter = new ScriptedExporter(failWith(error));
    const { processor, emit } = startedProcessor(exporter);
    emit("a");
    await until(() => processor.ledger().lastError !== undefined);
    expect(processor.ledger().lastError).toBe(reason);
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
    await processor.shutdown();
  });
});
