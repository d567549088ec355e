/**
 * The audit log inside an app that already has an OpenTelemetry LoggerProvider. Processors after
 * the audit log see the sealed records, the app's own logger can record governance events, and all
 * other records pass untouched.
 */
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { RecordingExporter } from "quorumlog/testing";

const processor = new AuditLogProcessor({ logId: "acme.example/governance" });
const exporter = new RecordingExporter(); // in place of the app's own exporter
const loggerProvider = new LoggerProvider({
  processors: [processor, new SimpleLogRecordProcessor({ exporter })],
});
const audit = GovernanceAuditLog.attach({ loggerProvider, processor });

audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 1 });

// The app's own logger emits an ordinary record, and a governance record, which names its
// operation.
const logger = loggerProvider.getLogger("app");
logger.emit({ body: "listening on port 8080" });
logger.emit({
  body: "rate limit raised",
  attributes: {
    "governance.operation": "policy_updated",
    "governance.actor.did": "did:pqaid:bob",
    "http.route": "/policies",
  },
});
await loggerProvider.forceFlush();

console.log("in the audit log:");
for (const entry of audit.entries({ order: "oldest" }))
  console.log(
    `  #${entry.sequence} ${entry.operation} ${entry.actorDid} ${JSON.stringify(entry.details)}`,
  );
console.log("at the app's exporter:");
for (const { eventName, attributes } of exporter.records)
  console.log(
    `  ${eventName ?? "an ordinary record"}, sequence ${attributes["governance.sequence"] ?? "none"}`,
  );

// A shutdown of the log does not close the app's provider.
await audit.shutdown();
logger.emit({ body: "still here" });
await loggerProvider.forceFlush();
console.log(`after the shutdown of the log: "${exporter.bodies.at(-1)}"`);
await loggerProvider.shutdown();
