// A log in the provider that @vercel/otel registers.
import assert from "node:assert/strict";
import { trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { registerOTel } from "@vercel/otel";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { castVotes } from "./votes.mts";

const processor = new AuditLogProcessor();
registerOTel({ serviceName: "governance", logRecordProcessors: [processor] });
const audit = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
trace.getTracer("app").startActiveSpan("decide", (span) => {
  const [entry] = castVotes(audit, 1);
  assert.equal(entry?.traceId, span.spanContext().traceId);
  span.end();
});
await audit.shutdown();
console.log("ok");
process.exit();
