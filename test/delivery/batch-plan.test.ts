import { ExportResultCode } from "@opentelemetry/core";
import { describe, expect, test } from "vitest";
import { ExportError } from "../../src/delivery/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { bodiesOf, startedProcessor } from "../fixtures/started-processor.js";

describe("a batch", () => {
  test("is exported beside others if that is allowed, and each is delivered once", async () => {
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
    const { processor, emit } = startedProcessor(exporter, {
      maxBatchSize: 2,
      maxConcurrentExports: 3,
    });
    emit(..."abcdefghij");
    const flushed = processor.forceFlush();
    while (processor.ledger().pending > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const answer of answers.splice(0).reverse()) answer();
    }
    await flushed;
    expect(most).toBe(3);
    expect(bodiesOf(exporter).flat().sort()).toEqual([..."abcdefghij"]);
    expect(processor.ledger()).toEqual({ accepted: 10, delivered: 10, pending: 0, rejected: 0 });
  });

  test("that fails among others is tried alone; those behind it are sent again", async () => {
    let failures = 1;
    const exporter = new ScriptedExporter((records, done) => {
      const fails = records.some(({ body }) => body === "c") && failures-- > 0;
      done(
        fails
          ? { code: ExportResultCode.FAILED, error: new ExportError("down", { status: 503 }) }
          : { code: ExportResultCode.SUCCESS },
      );
    });
    const { processor, emit } = startedProcessor(exporter, {
      maxBatchSize: 2,
      maxConcurrentExports: 3,
    });
    emit(..."abcdef");
    await processor.forceFlush();
    expect(bodiesOf(exporter)).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
      ["c", "d"],
      ["e", "f"],
    ]);
    expect(processor.ledger()).toEqual({ accepted: 6, delivered: 6, pending: 0, rejected: 0 });
  });

  test("whose export throws is halved until the bad record stands alone", async () => {
    const exporter = new ScriptedExporter((records, done) => {
      if (records.some(({ body }) => body === "bad")) throw new Error("cannot serialize");
      done({ code: ExportResultCode.SUCCESS });
    });
    const { processor, emit, errors } = startedProcessor(exporter);
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

  test("that keeps failing as a whole is tried in smaller ones, and they grow again", async () => {
    const exporter = new ScriptedExporter((records, done) =>
      done(
        records.length > 3
          ? { code: ExportResultCode.FAILED, error: new Error("connection reset") }
          : { code: ExportResultCode.SUCCESS },
      ),
    );
    const { processor, emit, errors } = startedProcessor(exporter, { maxBatchSize: 16 });
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
    const { processor, emit } = startedProcessor(exporter);
    emit(...Array.from({ length: 5 }, () => "x".repeat(2 ** 20)), "y".repeat(2 ** 23), "z");
    await processor.forceFlush();
    expect(exporter.batches.map((batch) => batch.length)).toEqual([4, 1, 1, 1]);
  });
});
