// A log in the provider that @azure/monitor-opentelemetry registers.
import assert from "node:assert/strict";
import { useAzureMonitor } from "@azure/monitor-opentelemetry";
import { trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { castVotes } from "./votes.mts";

const processor = new AuditLogProcessor();
useAzureMonitor({
  azureMonitorExporterOptions: {
    connectionString:
      "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://127.0.0.1:9/",
    disableOfflineStorage: true,
  },
  enableLiveMetrics: false,
  logRecordProcessors: [processor],
});
const audit = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
trace.getTracer("app").startActiveSpan("decide", (span) => {
  const [entry] = castVotes(audit, 1);
  assert.equal(entry?.traceId, span.spanContext().traceId);
  span.end();
});
await audit.shutdown();
console.log("ok");
process.exit();
