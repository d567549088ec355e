import { context, logs, type MeterProvider, metrics, propagation, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider } from "@opentelemetry/sdk-logs";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { alertQueries } from "../../scripts/alert-queries.ts";
import { PROMQL, withoutVariables } from "../../scripts/dashboard-queries.ts";
import { ARRIVED, Backends } from "./backends.ts";
import { LOKI, OTELCOL, PROMETHEUS, pathOf } from "./programs.ts";
import { freePorts, prometheusIn, type Running } from "./running.ts";

const prometheusPath = pathOf(PROMETHEUS);
const hasAll = [LOKI, OTELCOL, PROMETHEUS].every((program) => pathOf(program) !== undefined);
if (!hasAll) console.warn("\n!!! SKIPPED: the queries of Prometheus, since a program is missing\n");

/** The exporter of the Collector that sends to Loki. */
const EXPORTER = "otlp_http/loki";

const REJECTED = alertQueries().filter(({ language }) => language === "promql");

/** The value for each mirror or exporter. */
type Values = Readonly<Record<string, number>>;

describe.skipIf(!hasAll)("Prometheus, about what two replicas of an app delivered", () => {
  let backends: Backends;
  let prometheus: Running;
  let prometheusUrl: string;
  let sdks: NodeSDK[];
  let meterProviders: MeterProvider[];
  let replicas: GovernanceAuditLog[];

  beforeAll(async () => {
    const [port, nobody] = await freePorts(2);
    prometheusUrl = `http://127.0.0.1:${port}`;
    backends = await Backends.start({}, { prometheusUrl });
    const { folder, metricsUrl } = backends;
    prometheus = await prometheusIn(folder, prometheusPath ?? "", prometheusUrl, metricsUrl);
    const apps = ["one", "two"].map((instance) => app(instance));
    sdks = apps.map(({ sdk }) => sdk);
    meterProviders = apps.map(({ meterProvider }) => meterProvider);
    replicas = meterProviders.map((meterProvider, index) =>
      backends.log(`replica-${index}`, {
        signer: undefined,
        logId: undefined,
        mirrors: [
          otlpMirror({ name: "collector", url: backends.url, meterProvider }),
          otlpMirror({ name: "down", url: `http://127.0.0.1:${nobody}`, meterProvider }),
        ],
        onError: () => {}, // one mirror is down
      }),
    );
    for (const [index, audit] of replicas.entries()) vote(audit, 20 + index);
  });
  afterAll(async () => {
    for (const audit of replicas ?? []) await audit.shutdown().catch(() => {});
    await Promise.all((sdks ?? []).map((sdk) => sdk.shutdown()));
    await prometheus?.stop();
    await backends?.[Symbol.asyncDispose]();
  });

  /** An app whose SDK is set up by the environment, as the documents say. */
  function app(instance: string): { readonly sdk: NodeSDK; readonly meterProvider: MeterProvider } {
    const environment = {
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: backends.url.replace("logs", "metrics"),
      OTEL_METRIC_EXPORT_INTERVAL: "500",
      OTEL_METRIC_EXPORT_TIMEOUT: "500",
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    try {
      const sdk = new NodeSDK({
        serviceName: "federation",
        autoDetectResources: false, // it finds the same instance id for both: they are one process
        resource: resourceFromAttributes({ "service.instance.id": instance }),
        spanProcessors: [],
        logRecordProcessors: [],
      });
      sdk.start();
      return { sdk, meterProvider: metrics.getMeterProvider() };
    } finally {
      for (const api of [metrics, logs, trace, propagation, context]) api.disable();
      vi.unstubAllEnvs();
    }
  }

  /** What the alert rule finds: one value for each mirror or exporter that is to blame. */
  const blamed = (): Promise<Values> => ask(REJECTED[0]?.expr ?? "");

  async function ask(expr: string): Promise<Values> {
    const query = withoutVariables(expr, { range: "30m" });
    const answer = await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query })}`);
    if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`);
    const { data } = (await answer.json()) as { readonly data: { readonly result: Sample[] } };
    return Object.fromEntries(
      data.result.map(({ metric, value }) => [Object.values(metric).join(), Number(value[1])]),
    );
  }

  /** The sum of a column of the ledgers of both replicas, for each mirror. */
  function inLedgers(column: "accepted" | "delivered" | "pending" | "rejected"): Values {
    const sums: Record<string, number> = {};
    for (const { mirrors } of replicas.map((audit) => audit.ledger()))
      for (const [name, line] of Object.entries(mirrors))
        sums[name] = (sums[name] ?? 0) + line[column];
    return sums;
  }

  test.each([
    ["accepted", PROMQL.accepted, { collector: 41, down: 41 }],
    ["delivered", PROMQL.delivered, { collector: 41, down: 0 }],
    ["rejected", PROMQL.rejected, { collector: 0, down: 0 }],
    ["pending", PROMQL.pending, { collector: 0, down: 41 }],
  ] as const)("shows what is %s, as the ledgers say", async (column, expr, expected) => {
    await expect.poll(() => ask(expr), ARRIVED).toEqual(expected);
    expect(inLedgers(column)).toEqual(expected);
  });

  test("shows how long the oldest pending record has waited", async () => {
    await expect
      .poll(async () => (await ask(PROMQL.pendingAge))["down"], ARRIVED)
      .toBeGreaterThan(2);
    const { collector, down } = await ask(PROMQL.pendingAge);
    const ages = replicas.map((audit) => audit.ledger().mirrors["down"]?.oldestPendingMillis ?? 0);
    expect(collector).toBe(0);
    expect(down).toBeLessThanOrEqual(Math.max(...ages) / 1000);
  });

  test("raises no alert while records are delivered or wait", async () => {
    await expect.poll(() => ask(PROMQL.rejected), ARRIVED).toEqual({ collector: 0, down: 0 });
    await expect.poll(() => ask(PROMQL.collectorQueue), ARRIVED).toMatchObject({ [EXPORTER]: 0 });
    expect(await ask(PROMQL.collectorFailed)).toEqual({});
    expect(REJECTED).toHaveLength(1);
    expect(await blamed()).toEqual({});
  });

  test("counts a record that Loki refuses, and the alert says on which way", async () => {
    const meterProvider = meterProviders[0];
    const direct = `${backends.lokiUrl}/otlp/v1/logs`;
    const mirrors = [
      otlpMirror({ name: "direct", url: direct, meterProvider, onError: () => {} }),
      otlpMirror({ name: "acknowledged", url: backends.url, meterProvider }),
    ];
    const logger = new LoggerProvider({ processors: mirrors }).getLogger("app");
    for (const length of [10, 10, 300_000]) logger.emit({ body: "x".repeat(length) });
    await Promise.allSettled(mirrors.map((mirror) => mirror.forceFlush()));
    expect(mirrors.map((mirror) => mirror.ledger())).toMatchObject([
      { delivered: 2, rejected: 1 },
      { delivered: 3, rejected: 0 },
    ]);
    await expect
      .poll(() => ask(PROMQL.rejected), ARRIVED)
      .toEqual({ collector: 0, down: 0, direct: 1, acknowledged: 0 });
    await expect
      .poll(() => ask(PROMQL.collectorFailed), ARRIVED)
      .toEqual({ [EXPORTER]: expect.any(Number) });
    const lost = await backends.counted("otelcol_exporter_send_failed_log_records");
    expect(lost).toBeGreaterThan(0);
    await expect.poll(() => ask(PROMQL.collectorFailed), ARRIVED).toEqual({ [EXPORTER]: lost });
    expect(await blamed()).toEqual({ direct: 1, [EXPORTER]: lost });
    for (const mirror of mirrors) await mirror.shutdown().catch(() => {});
  });

  test("shows how full the queue of the Collector is while Loki is down", async () => {
    await backends.loki.stop("SIGKILL");
    const audit = replicas[0] as GovernanceAuditLog;
    vote(audit, 200);
    await expect.poll(() => audit.ledger().mirrors["collector"]?.pending, ARRIVED).toBe(0);
    await expect
      .poll(async () => (await ask(PROMQL.collectorQueue))[EXPORTER], ARRIVED)
      .toBeGreaterThan(0);
    const [size, capacity] = await Promise.all(
      ["size", "capacity"].map((name) =>
        backends.counted(`otelcol_exporter_queue_${name}\\{[^}]*exporter="${EXPORTER}"[^}]*\\}`),
      ),
    );
    await expect
      .poll(async () => (await ask(PROMQL.collectorQueue))[EXPORTER], ARRIVED)
      .toBe((size ?? 0) / (capacity ?? 1));
  });
});

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

function vote(audit: GovernanceAuditLog, votes: number): void {
  for (let n = 0; n < votes; n++)
    audit.logVoteCast({
      vote: { voteId: `v${n}`, proposalId: "p", voterDid: "did:a", decision: "approve" },
    });
}
