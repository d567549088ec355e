import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { otlpMirror } from "../../src/otlp/index.js";
import { accepted, OtlpServer, status } from "../fixtures/otlp-server.js";
import { until } from "../fixtures/until.js";

test("the metrics of the exporter count every attempt, by what came of it", async () => {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: memory,
    exportIntervalMillis: 1_000_000,
  });
  await using server = await OtlpServer.start(status(503));
  const url = new URL(server.url);
  const audit = new GovernanceAuditLog({
    mirrors: [
      otlpMirror({
        name: "votes",
        url,
        protocol: "http/json",
        initialBackoffMillis: 1,
        meterProvider: new MeterProvider({ readers: [reader] }),
      }),
    ],
    onError: () => {},
  });
  for (const did of ["a", "b", "c"]) audit.logNodeRemoved({ did });
  const flushed = audit.flush();
  await until(() => server.requests.length === 1);
  server.answer = (response) => {
    server.answer = accepted;
    response.end('{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":"too old"}}');
  };
  await flushed;
  await reader.forceFlush();
  const found = memory
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .filter(({ descriptor }) => descriptor.name.startsWith("otel.sdk.exporter."))
    .flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => {
        const { "error.type": error, "http.response.status_code": code, ...others } = attributes;
        expect(others).toEqual({
          "otel.component.type": "otlp_http_json_log_exporter",
          "otel.component.name": "votes",
          "server.address": "127.0.0.1",
          "server.port": Number(url.port),
        });
        const count = typeof value === "number" ? value : value.count;
        return [descriptor.name, error ?? code ?? "", count];
      }),
    );
  expect(found).toEqual(
    expect.arrayContaining([
      ["otel.sdk.exporter.log.inflight", "", 0],
      ["otel.sdk.exporter.log.exported", "503", 3],
      ["otel.sdk.exporter.log.exported", "rejected", 1],
      ["otel.sdk.exporter.log.exported", "", 2 + 3],
      ["otel.sdk.exporter.operation.duration", "503", 1],
      ["otel.sdk.exporter.operation.duration", "rejected", 1],
      ["otel.sdk.exporter.operation.duration", 200, 1],
    ]),
  );
  await audit.shutdown();
});
