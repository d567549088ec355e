// A log in the provider that @azure/monitor-opentelemetry registers.
import { useAzureMonitor } from "@azure/monitor-opentelemetry";
import { logs } from "@opentelemetry/api-logs";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { castTracedVote } from "./traced-vote.mts";

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
castTracedVote(audit);
await audit.shutdown();
console.log("ok");
process.exit();
