import { context, logs, metrics, propagation, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { afterEach, expect, test } from "vitest";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { NODE, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { refusal } from "../fixtures/recorded-log.js";
import { RecordingMirror } from "../fixtures/recording-mirror.js";

afterEach(() => {
  for (const api of [logs, trace, metrics, propagation, context]) api.disable();
});

function startedSdk() {
  const mirror = new RecordingMirror();
  const after = new RecordingMirror();
  const processor = new AuditLogProcessor({ mirrors: [mirror] });
  const early = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
  const sdk = new NodeSDK({
    serviceName: "clinic",
    autoDetectResources: false,
    logRecordProcessors: [processor, after],
    spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })],
    metricReaders: [],
  });
  sdk.start();
  return { sdk, processor, mirror, after, early };
}

test("a log attached to NodeSDK seals helper calls and the app's records in one sequence", async () => {
  const { sdk, processor, mirror, after } = startedSdk();
  const audit = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
  audit.logVoteCast(SIGNED_VOTE);
  logs.getLogger("app").emit({ attributes: { "governance.operation": "policy_updated" } });
  expect(audit.entries().map(({ operation }) => operation)).toEqual([
    "policy_updated",
    "vote_cast",
  ]);
  expect(after.seen.map(({ body }) => body)).toEqual([...audit.lines()]);
  expect(mirror.seen).toEqual(after.seen);
  expect(after.records[0]?.resource.attributes["service.name"]).toBe("clinic");
  await sdk.shutdown();
});

test("a log attached before NodeSDK starts records from then on", async () => {
  const { sdk, early } = startedSdk();
  expect(early.logNodeAdded(NODE).sequence).toBe(0);
  await sdk.shutdown();
});

test("a log attached to NodeSDK records the ids of the active span", async () => {
  const { sdk, early: audit, after } = startedSdk();
  const entry = trace.getTracer("app").startActiveSpan("vote", (span) => {
    const logged = audit.logVoteCast(SIGNED_VOTE);
    expect(logged).toMatchObject({
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
    });
    span.end();
    return logged;
  });
  expect(after.records[0]?.spanContext?.traceId).toBe(entry.traceId);
  await sdk.shutdown();
});

test("shutting NodeSDK down closes the log and its mirrors", async () => {
  const { sdk, early: audit, mirror } = startedSdk();
  audit.logNodeAdded(NODE);
  await sdk.shutdown();
  expect(mirror.shutdowns).toBe(1);
  expect(refusal(() => audit.logNodeAdded(NODE)).code).toBe("closed");
  expect(audit.length).toBe(1);
});
