// A log in the provider of NodeSDK, with the ids of the active span.
import assert from "node:assert/strict";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AuditLogProcessor, GovernanceAuditLog } from "quorumlog";
import { ReliableLogRecordProcessor } from "quorumlog/delivery";
import { RecordingExporter } from "quorumlog/testing";
import { logs } from "./logs-api.mts";
import { castTracedVote } from "./traced-vote.mts";
import { assertDelivered } from "./votes.mts";

const exporter = new RecordingExporter();
const mirror = new ReliableLogRecordProcessor({ exporter, delayMillis: 1 });
const errors: Error[] = [];
const processor = new AuditLogProcessor({
  mirrors: [mirror],
  onError: (error) => errors.push(error),
});
const sdk = new NodeSDK({
  serviceName: "governance",
  autoDetectResources: false,
  logRecordProcessors: [processor],
  metricReaders: [],
  spanProcessors: [{ onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} }],
});
sdk.start();

const audit = GovernanceAuditLog.attach({ loggerProvider: logs.getLoggerProvider(), processor });
const ids = castTracedVote(audit);

// a record of the app's own logger is sealed too; others pass
logs.getLogger("billing").emit({ body: "an ordinary line" });
logs.getLogger("billing").emit({
  body: "the policy changed",
  attributes: { "governance.operation": "policy_updated", "governance.actor.did": "did:pqaid:al" },
});
assert.deepEqual(errors, []);
assert.equal(
  audit.entries({ operation: "policy_updated" })[0]?.details["body"],
  "the policy changed",
);

await audit.flush();
assertDelivered(audit, 2);
const [record] = exporter.records;
assert.equal(record?.eventName, "governance.vote_cast");
assert.equal(record?.severityNumber, 9);
assert.equal(record?.spanContext?.traceId, ids.traceId);
assert.equal(record?.resource.attributes["service.name"], "governance");
assert.equal(record?.droppedAttributesCount, 0);
await audit.shutdown();
await sdk.shutdown();
console.log("ok");
