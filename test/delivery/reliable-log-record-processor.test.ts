import { ExportResultCode } from "@opentelemetry/core";
import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";
import { ReliableLogRecordProcessor } from "../../src/delivery/index.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { afterThisTest } from "../fixtures/cleanup.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { FAST, startedProcessor } from "../fixtures/started-processor.js";
import { castVotes } from "../fixtures/watched-delivery.js";

describe("a batch", () => {
  test("has the records as they were emitted, whatever a later processor changes", async () => {
    const exporter = new ScriptedExporter();
    const processor = new ReliableLogRecordProcessor({ exporter, ...FAST });
    const meddler: LogRecordProcessor = {
      onEmit: (record) => {
        record.setBody("scrubbed").setAttribute("actor", "mallory");
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new LoggerProvider({ processors: [processor, meddler] });
    provider.getLogger("app").emit({ body: "sealed", attributes: { actor: "alice" } });
    await processor.forceFlush();
    expect(exporter.batches[0]?.[0]).toMatchObject({
      body: "sealed",
      attributes: { actor: "alice" },
    });
  });
});

describe("a full spool", () => {
  test("rejects the new record, counts it and reports it; the app goes on", async () => {
    const exporter = new ScriptedExporter(() => {});
    const { processor, emit, errors } = startedProcessor(exporter, { maxPending: 2 });
    emit("a", "b", "c");
    expect(processor.ledger()).toMatchObject({ accepted: 3, pending: 2, rejected: 1 });
    expect(errors[0]?.message).toMatch(/2 records are pending, no room/);
    exporter.takes = (_, done) => done({ code: ExportResultCode.SUCCESS });
  });

  test("fails closed with whenFull: throw: the helper throws, nothing is recorded", async () => {
    const exporter = new ScriptedExporter(() => {});
    const mirror = new ReliableLogRecordProcessor({
      exporter,
      ...FAST,
      maxPending: 2,
      whenFull: "throw",
    });
    const audit = new GovernanceAuditLog({ mirrors: [mirror] });
    afterThisTest(() => audit.shutdown({ timeoutMillis: 1 }).catch(() => {}));
    castVotes(audit, 2);
    expect(() => castVotes(audit, 1)).toThrow(expect.objectContaining({ code: "delivery_failed" }));
    expect(audit.length).toBe(2);
    expect(audit.ledger()).toMatchObject({
      accepted: 2,
      mirrors: { otlp: { accepted: 2, pending: 2, rejected: 0 } },
    });
  });
});

test("a mirror has one log: another one is refused", () => {
  const mirror = new ReliableLogRecordProcessor({ exporter: new ScriptedExporter() });
  new GovernanceAuditLog({ mirrors: [mirror] });
  expect(() => new GovernanceAuditLog({ mirrors: [mirror] })).toThrow(
    expect.objectContaining({ code: "invalid_options", field: "mirrors[0]" }),
  );
});

test("an exporter needs no forceFlush, which it has only since sdk-logs 0.215", async () => {
  const exporter = new ScriptedExporter();
  Object.assign(exporter, { forceFlush: undefined });
  const mirror = new ReliableLogRecordProcessor({ exporter, ...FAST });
  const audit = new GovernanceAuditLog({ mirrors: [mirror] });
  castVotes(audit, 2);
  await audit.flush();
  expect(exporter.batches.flat()).toHaveLength(2);
  await audit.shutdown();
});
