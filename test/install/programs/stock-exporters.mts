// The stock exporters as the exporter of the reliable mirror.
import assert from "node:assert/strict";
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { grpcSink, httpSink } from "./sink.mts";
import { assertDelivered, castVotes } from "./votes.mts";

for (const [Exporter, contentType, newSink] of [
  [JsonExporter, "application/json", httpSink],
  [ProtobufExporter, "application/x-protobuf", httpSink],
  [GrpcExporter, "application/grpc", grpcSink],
] as const) {
  const sink = await newSink();
  const exporter = new Exporter({ url: sink.url });
  const audit = new GovernanceAuditLog({ mirrors: [otlpMirror({ exporter, delayMillis: 1 })] });
  const entries = castVotes(audit, 20);
  await audit.flush();
  assertDelivered(audit, 20);
  sink.assertReceived(entries);
  assert.deepEqual([...sink.contentTypes], [contentType]);
  await audit.shutdown();
  sink.close();
}
console.log("ok");
