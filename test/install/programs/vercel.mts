// A log in the provider that @vercel/otel registers.
import { logs } from "@opentelemetry/api-logs";
import { registerOTel } from "@vercel/otel";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { castTracedVote } from "./traced-vote.mts";

const processor = new AuditLogProcessor();
registerOTel({ serviceName: "governance", logRecordProcessors: [processor] });
const audit = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
castTracedVote(audit);
await audit.shutdown();
console.log("ok");
process.exit();
