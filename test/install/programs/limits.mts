// What the app's provider may do: cut attributes, drop records, end first.
import assert from "node:assert/strict";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { AuditError, AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { ReliableLogRecordProcessor } from "quorumlog/delivery";
import { RecordingExporter } from "quorumlog/testing";
import { castVotes } from "./votes.mts";

const exporter = new RecordingExporter();
const processor = new AuditLogProcessor({
  mirrors: [new ReliableLogRecordProcessor({ exporter, delayMillis: 1 })],
});
const loggerProvider = new LoggerProvider({
  processors: [processor],
  logRecordLimits: { attributeCountLimit: 2, attributeValueLengthLimit: 4 },
});
const audit = GovernanceAuditLog.attach({ loggerProvider, processor });
const [entry] = castVotes(audit, 1);
await audit.flush();
assert.equal(exporter.records[0]?.attributes["governance.leaf_hash"], entry?.leafHash);
assert.equal(exporter.records[0]?.droppedAttributesCount, 0);

await loggerProvider.shutdown();
assert.throws(
  () => castVotes(audit, 1),
  (error) => error instanceof AuditError && error.code === "closed",
);
assert.equal(audit.length, 1);
console.log("ok");
