// The stock exporters as the exporter of the reliable mirror.
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { otlpMirror } from "quorumlog/otlp";
import { grpcSink, httpSink } from "./sink.mts";
import { assertDelivers } from "./votes.mts";

for (const [Exporter, contentType, newSink] of [
  [JsonExporter, "application/json", httpSink],
  [ProtobufExporter, "application/x-protobuf", httpSink],
  [GrpcExporter, "application/grpc", grpcSink],
] as const) {
  const sink = await newSink();
  const exporter = new Exporter({ url: sink.url });
  await assertDelivers(otlpMirror({ exporter, delayMillis: 1 }), sink, contentType);
}
console.log("ok");
