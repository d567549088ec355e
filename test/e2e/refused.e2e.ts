import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ARRIVED, Backends, describeBackends } from "./backends.ts";

describeBackends("a record that Loki refuses for good", () => {
  let backends: Backends;
  beforeAll(async () => {
    backends = await Backends.start();
  });
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("is counted by the Collector, and costs no other record", async () => {
    const mirror = otlpMirror({ url: backends.url, delayMillis: 50 });
    emitTen("too-large", mirror);
    await mirror.forceFlush();
    await backends.holdRecords("too-large", 9);
    await expect
      .poll(() => backends.counted("otelcol_exporter_send_failed_log_records"), ARRIVED)
      .toBeGreaterThan(0);
    await mirror.shutdown();
  });

  test("is rejected by the mirror where it sends to Loki itself", async () => {
    const rejected: string[] = [];
    const mirror = otlpMirror({
      url: `${backends.lokiUrl}/otlp/v1/logs`,
      delayMillis: 50,
      onError: ({ message }) => rejected.push(message),
    });
    emitTen("direct", mirror);
    await expect(mirror.forceFlush()).rejects.toMatchObject({ code: "delivery_failed" });
    expect(mirror.ledger()).toMatchObject({ accepted: 10, delivered: 9, pending: 0, rejected: 1 });
    expect(rejected).toEqual([expect.stringContaining("HTTP 400")]);
    await backends.holdRecords("direct", 9);
    await mirror.shutdown().catch(() => {});
  });
});

/** Nine small records, and one that is too long for Loki. */
function emitTen(service: string, mirror: LogRecordProcessor): void {
  const logger = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    processors: [mirror],
  }).getLogger("app");
  for (let i = 0; i < 9; i++) logger.emit({ body: `small ${i}` });
  logger.emit({ body: "x".repeat(300_000) });
}
