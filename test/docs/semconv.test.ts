import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { context, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { GovernanceAuditLog, OPERATIONS, SCOPE_VERSION } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { ATTRIBUTE_CONVENTIONS, METRIC_CONVENTIONS } from "../../scripts/conventions.ts";
import { columnsOf, LINE_KEYS, samples, semanticConventions } from "../../scripts/semconv-docs.ts";
import { LONG } from "../fixtures/long-runs.js";
import { accepted, OtlpServer, status } from "../fixtures/otlp-server.js";
import { until } from "../fixtures/until.js";

const ROOT = resolve(import.meta.dirname, "../..");
const FOR_ALL = ATTRIBUTE_CONVENTIONS.filter(
  ({ name, operations }) => operations === "all" && !name.endsWith("<key>"),
).map(({ name }) => name);

describe("docs/semantic-conventions.md", () => {
  test("is what the code says; after a wanted change: npm run docs:semconv", () => {
    expect(readFileSync(resolve(ROOT, "docs/semantic-conventions.md"), "utf8")).toBe(
      semanticConventions(),
    );
  });

  test.runIf(LONG)("is checked by a command, which says what to run when it fails", () => {
    const folder = mkdtempSync(resolve(tmpdir(), "quorumlog-semconv-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stale = resolve(folder, "stale.md");
    writeFileSync(stale, semanticConventions().replace("vote_cast", "vote_thrown"));
    expect(run("--check", stale)).toEqual({
      status: 1,
      stderr: "stale.md is out of date; run: npm run docs:semconv\n",
    });
  });
});

function run(...args: string[]): { status: number | null; stderr: string } {
  const script = resolve(ROOT, "scripts/semconv-docs.ts");
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  const { status, stderr } = spawnSync(process.execPath, [...flags, script, ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}

describe("the conventions", () => {
  test.each(OPERATIONS)("name every attribute that %s writes, and no other", (operation) => {
    const sample = samples().get(operation);
    const details = Object.keys(sample?.entry.details ?? {}).map(
      (key) => `governance.details.${key}`,
    );
    expect(Object.keys(sample?.record.attributes ?? {}).sort()).toEqual(
      [...FOR_ALL, ...columnsOf(operation), ...details].sort(),
    );
  });

  test("give the type of every attribute as it is on the record", () => {
    const types = new Map(ATTRIBUTE_CONVENTIONS.map(({ name, type }) => [name, type]));
    for (const { record } of samples().values())
      for (const [name, value] of Object.entries(record.attributes)) {
        const type = types.get(name) ?? "string, boolean, int or double";
        expect(type, name).toContain(typeof value === "number" ? "int" : typeof value);
      }
  });

  test("name the version of the package as the version of the scope", () => {
    const { version } = JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8"));
    expect(SCOPE_VERSION).toBe(version);
  });
});

function instrumentOf(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return "histogram";
  if (metric.dataPointType !== DataPointType.SUM) return "gauge";
  return metric.isMonotonic ? "counter" : "updowncounter";
}

test("the metrics of a mirror and of a log with a journal are those of the conventions, and no other", async () => {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: memory,
    exportIntervalMillis: 1_000_000,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const folder = mkdtempSync(resolve(tmpdir(), "quorumlog-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const journal = resolve(folder, "governance.db");
  const durable = new GovernanceAuditLog({ journal, meterProvider });
  await using server = await OtlpServer.start(status(503));
  const mirrored = new GovernanceAuditLog({
    mirrors: [otlpMirror({ meterProvider, url: server.url, initialBackoffMillis: 1 })],
  });
  for (const audit of [durable, mirrored]) audit.logNodeRemoved({ did: "did:pqaid:eve" });
  const flushed = mirrored.flush();
  await until(() => server.requests.length > 0);
  server.answer = accepted;
  await flushed;
  await reader.forceFlush();
  const found = memory
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .map((metric) => ({
      name: metric.descriptor.name,
      instrument: instrumentOf(metric),
      unit: metric.descriptor.unit,
      attributes: [
        ...new Set(metric.dataPoints.flatMap(({ attributes }) => Object.keys(attributes))),
      ],
    }));
  const wanted = METRIC_CONVENTIONS.map(({ brief: _, ...convention }) => convention);
  expect(found).toHaveLength(wanted.length);
  expect(found).toEqual(expect.arrayContaining(wanted));
  await durable.shutdown();
  await mirrored.shutdown();
  await meterProvider.shutdown();
});

describe("the keys of the canonical line", () => {
  afterEach(() => context.disable());

  test("stand in the document as they stand in a line that has them all", () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const audit = new GovernanceAuditLog();
    const span = trace.setSpanContext(context.active(), {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      traceFlags: TraceFlags.SAMPLED,
    });
    context.with(span, () =>
      audit.log({
        operation: "policy_updated",
        proposalId: "p",
        subjectId: "s",
        kind: "update-policy",
        actorDid: "a",
        decision: "passed",
        timestamp: new Date(0),
      }),
    );
    const line: Record<string, unknown> = JSON.parse([...audit.lines()][0] as string);
    expect(Object.entries(line).map(([key, value]) => [key, typeof value])).toEqual(
      LINE_KEYS.map(([key, type]) => [key, type]),
    );
  });
});
