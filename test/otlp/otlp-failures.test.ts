import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { ExportResultCode } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test } from "vitest";
import { type AuditError, DeliveryError, GovernanceAuditLog } from "../../src/index.js";
import { type OtlpMirrorOptions, otlpMirror } from "../../src/otlp/index.js";
import { ScriptedExporter } from "../fixtures/exporters.js";
import { type Answer, accepted, OtlpServer, status } from "../fixtures/otlp-server.js";
import { rejection } from "../fixtures/recorded-log.js";
import { until } from "../fixtures/until.js";

afterEach(() => {
  context.disable();
});

function logWith(options: OtlpMirrorOptions): { audit: GovernanceAuditLog; errors: AuditError[] } {
  const errors: AuditError[] = [];
  const audit = new GovernanceAuditLog({
    mirrors: [otlpMirror(options)],
    onError: (error) => errors.push(error),
  });
  return { audit, errors };
}

const vote = (audit: GovernanceAuditLog) => audit.logNodeRemoved({ did: "did:pqaid:dave" });
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("an export", () => {
  test("runs with tracing suppressed, so that sending is not traced", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const tracer = new TracerProvider().getTracer("http");
    const recording: boolean[] = [tracer.startSpan("outside an export").isRecording()];
    const exporter = new ScriptedExporter((_, done) => {
      recording.push(tracer.startSpan("POST").isRecording());
      done({ code: ExportResultCode.SUCCESS });
    });
    const { audit } = logWith({ exporter });
    const span = tracer.startSpan("request");
    context.with(trace.setSpan(context.active(), span), () => vote(audit));
    await audit.flush();
    expect(recording).toEqual([true, false]);
  });

  test("waits for asynchronous resource attributes", async () => {
    const host = Promise.withResolvers<string>();
    const seen: unknown[] = [];
    const exporter = new ScriptedExporter(([record], done) => {
      seen.push(record?.resource.attributes["host.id"]);
      done({ code: ExportResultCode.SUCCESS });
    });
    const audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ exporter })],
      resource: resourceFromAttributes({ "host.id": host.promise }),
    });
    vote(audit);
    const flushed = audit.flush();
    await nextTurn();
    expect(seen).toEqual([]);
    host.resolve("host-7");
    await flushed;
    expect(seen).toEqual(["host-7"]);
  });
});

describe("a flush", () => {
  test("rejects at its deadline when the receiver hangs, and the app goes on", async () => {
    await using server = await OtlpServer.start(() => {});
    const { audit } = logWith({ url: server.url, timeoutMillis: 300, initialBackoffMillis: 1 });
    vote(audit);
    const error = await rejection(audit.flush({ timeoutMillis: 20 }));
    expect(error).toBeInstanceOf(DeliveryError);
    expect((error as DeliveryError).ledger.mirrors["otlp"]).toMatchObject({
      accepted: 1,
      pending: 1,
    });
    expect(vote(audit).sequence).toBe(1);
    server.answer = accepted;
    await audit.flush();
    const sequences = server.records.map((record) => record.attributes["governance.sequence"]);
    expect(new Set(sequences)).toEqual(new Set([0, 1]));
    await audit.shutdown();
  });

  test("waits for the answers that another flush waits for", async () => {
    const held: Parameters<Answer>[0][] = [];
    await using server = await OtlpServer.start((response) => held.push(response));
    const { audit } = logWith({ url: server.url });
    vote(audit);
    const settled: string[] = [];
    const flushes = ["first", "second"].map(async (name) => {
      await audit.flush();
      settled.push(name);
    });
    await until(() => held.length === 1);
    await nextTurn();
    expect(settled).toEqual([]);
    for (const response of held) accepted(response);
    await Promise.all(flushes);
    expect(settled).toHaveLength(2);
  });

  test("rejects when the receiver refused records, which are reported; the shutdown rejects too", async () => {
    await using server = await OtlpServer.start(status(400));
    const { audit, errors } = logWith({ url: server.url });
    vote(audit);
    vote(audit);
    const error = await rejection(audit.flush());
    expect(error).toMatchObject({ code: "delivery_failed" });
    expect(error.message).toContain("HTTP 400");
    expect(errors.map(({ code }) => code)).toEqual(["delivery_failed", "delivery_failed"]);
    server.answer = accepted;
    vote(audit);
    await audit.flush();
    expect(server.records.at(-1)?.attributes["governance.sequence"]).toBe(2);
    expect((await rejection(audit.shutdown())).message).toContain("2 rejected");
    expect(errors).toHaveLength(2);
  });
});

describe("an exporter of the app's own", () => {
  test("sends the records, and is shut down once, after the last of them", async () => {
    const exporter = new ScriptedExporter();
    const mirror = otlpMirror({ exporter });
    const audit = new GovernanceAuditLog({ mirrors: [mirror] });
    vote(audit);
    await Promise.all([audit.shutdown(), mirror.shutdown(), mirror.forceFlush()]);
    expect(exporter.batches.flat().map((record) => record.eventName)).toEqual([
      "governance.node_removed",
    ]);
    expect(exporter.shutdowns).toBe(1);
  });
});
