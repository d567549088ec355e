// Delivery over OTLP/HTTP in both encodings, to a Collector that fails at first.
import { otlpMirror } from "quorumlog/otlp";
import { httpSink } from "./sink.mts";
import { assertDelivers } from "./votes.mts";

for (const [protocol, contentType] of [
  ["http/protobuf", "application/x-protobuf"],
  ["http/json", "application/json"],
] as const) {
  const sink = await httpSink();
  const mirror = otlpMirror({ url: sink.url, protocol, delayMillis: 1, initialBackoffMillis: 1 });
  await assertDelivers(mirror, sink, contentType);
}
console.log("ok");
