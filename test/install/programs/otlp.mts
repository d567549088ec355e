// Delivery over OTLP/HTTP in both encodings, to a Collector that fails at first.
import assert from "node:assert/strict";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { httpSink } from "./sink.mts";
import { assertDelivered, castVotes } from "./votes.mts";

for (const [protocol, contentType] of [
  ["http/protobuf", "application/x-protobuf"],
  ["http/json", "application/json"],
] as const) {
  const sink = await httpSink();
  const mirror = otlpMirror({ url: sink.url, protocol, delayMillis: 1, initialBackoffMillis: 1 });
  const audit = new GovernanceAuditLog({ mirrors: [mirror] });
  const entries = castVotes(audit, 20);
  await audit.flush();
  assertDelivered(audit, 20);
  sink.assertReceived(entries);
  assert.deepEqual([...sink.contentTypes], [contentType]);
  await audit.shutdown();
  sink.close();
}
console.log("ok");
