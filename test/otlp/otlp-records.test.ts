import { context, SeverityNumber, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import { OtlpServer } from "../fixtures/otlp-server.js";

afterEach(() => {
  vi.unstubAllEnvs();
  context.disable();
});

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  byzantine_detected: SeverityNumber.ERROR,
  authorization_revoked: SeverityNumber.WARN,
  node_removed: SeverityNumber.WARN,
};

describe("a log with an OTLP mirror", () => {
  test("sends what each of the eight helpers recorded", async () => {
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: server.url })] });
    const entries = OPERATION_CALLS.map(({ call }) => call(audit));
    await audit.flush();

    const { records } = server;
    expect(records.map((record) => record.body)).toEqual([...audit.lines()]);
    expect(records.map((record) => record.eventName)).toEqual(
      OPERATION_CALLS.map(({ operation }) => `governance.${operation}`),
    );
    expect(records.map((record) => record.severityNumber)).toEqual(
      OPERATION_CALLS.map(({ operation }) => SEVERITIES[operation] ?? SeverityNumber.INFO),
    );
    for (const [index, { columns, details }] of OPERATION_CALLS.entries()) {
      const entry = entries[index];
      expect(records[index]?.attributes).toEqual({
        "governance.operation": entry?.operation,
        "governance.log.id": audit.logId,
        "governance.sequence": index,
        "governance.leaf_hash": entry?.leafHash,
        "governance.timestamp_millis": Date.parse(entry?.timestamp ?? ""),
        "log.record.uid": entry?.id,
        ...renamed(columns, COLUMN_ATTRIBUTES),
        ...Object.fromEntries(
          Object.entries(details).map(([key, value]) => [`governance.details.${key}`, value]),
        ),
      });
    }
    expect(new Set(records.map((record) => record.scope))).toEqual(new Set(["quorumlog"]));
  });

  test("sends rising times, so that a backend that orders by them keeps the sequence", async () => {
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: server.url })] });
    for (let i = 0; i < 100; i++) audit.logNodeRemoved({ did: `did:pqaid:node-${i}` });
    await audit.flush();
    const times = server.records.map((record) => record.timeUnixNano);
    expect(times).toEqual([...new Set(times)].sort((a, b) => (a < b ? -1 : 1)));
    expect(times).toHaveLength(100);
  });

  test("sends bodies that no layer changes: control characters, line separators, emoji", async () => {
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({
      mirrors: [otlpMirror({ url: server.url, compression: "gzip" })],
    });
    audit.logNodeAdded({
      did: "did:pqaid:\u0000\u001b[31m\r\n\u0085\u2028\ufeff",
      name: "👩🏽‍⚕️ \\ \" '",
      weight: 1,
    });
    await audit.flush();
    expect(server.records.map((record) => record.body)).toEqual([...audit.lines()]);
  });

  test("sends the ids of the span that was active", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: server.url })] });
    const span = new TracerProvider().getTracer("test").startSpan("vote");
    context.with(trace.setSpan(context.active(), span), () =>
      audit.logNodeRemoved({ did: "did:pqaid:dave" }),
    );
    audit.logNodeRemoved({ did: "did:pqaid:eve" });
    await audit.flush();
    const { traceId, spanId } = span.spanContext();
    expect(server.records.map((record) => record.traceId ?? "")).toEqual([traceId, ""]);
    expect(server.records.map((record) => record.spanId ?? "")).toEqual([spanId, ""]);
  });

  test("sends the resource of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES", async () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "clinic-governance");
    vi.stubEnv(
      "OTEL_RESOURCE_ATTRIBUTES",
      "service.namespace=clinic,deployment.environment.name=test",
    );
    await using server = await OtlpServer.start();
    await using audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ url: server.url })] });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    await audit.flush();
    expect(server.records[0]?.resource).toMatchObject({
      "service.name": "clinic-governance",
      "service.namespace": "clinic",
      "deployment.environment.name": "test",
    });
  });

  test("sends the resource of the app's provider when it is attached to one", async () => {
    await using server = await OtlpServer.start();
    const processor = new AuditLogProcessor({ mirrors: [otlpMirror({ url: server.url })] });
    const loggerProvider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "the-app" }),
      processors: [processor],
    });
    await using audit = GovernanceAuditLog.attach({ loggerProvider, processor });
    audit.logNodeRemoved({ did: "did:pqaid:dave" });
    loggerProvider.getLogger("app").emit({ body: "not governance" });
    await audit.flush();
    expect(server.records.map((record) => record.eventName)).toEqual(["governance.node_removed"]);
    expect(server.records[0]?.resource).toEqual({ "service.name": "the-app" });
  });
});

const COLUMN_ATTRIBUTES: Readonly<Record<string, string>> = {
  proposalId: "governance.proposal.id",
  subjectId: "governance.subject.id",
  kind: "governance.kind",
  actorDid: "governance.actor.did",
  decision: "governance.decision",
};

function renamed(
  values: Readonly<Record<string, string>>,
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [names[key] ?? key, value]),
  );
}
