// The real Collector and Loki: how long an app waits beside the stock batch processor, and what a
// page costs beside the bare query.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { OTLPLogExporter as StockJson } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as StockProtobuf } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { GovernanceAuditLog } from "../dist/index.js";
import { LokiAuditReader } from "../dist/loki/index.js";
import { otlpMirror } from "../dist/otlp/index.js";
import { LOKI, OTELCOL, pathOf } from "../test/e2e/programs.ts";
import { collectorIn, lokiIn } from "../test/e2e/running.ts";
import { inTurns, sized, table, times } from "./measure.mjs";
import { votes } from "./votes.mjs";

const CALLS = sized(15_407, 300);
const ROUNDS = sized(9, 1);
const QUESTIONS = sized(200, 2);

const lokiPath = pathOf(LOKI);
const otelcolPath = pathOf(OTELCOL);
if (lokiPath === undefined || otelcolPath === undefined) {
  console.warn("!!! SKIPPED: no Collector or no Loki; npm run test:e2e says how to get them");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "quorumlog-bench-"));
const { loki, url: lokiUrl } = await lokiIn(folder, lokiPath);
const { collector, url, metricsUrl } = await collectorIn(folder, otelcolPath, lokiUrl).catch(
  async (error) => {
    await loki.stop();
    throw error;
  },
);
try {
  const delivered = await appSide();
  const asked = await pages();
  table([["", "stock, JSON", "stock, protobuf", "quorumlog", "ratio"], ...delivered]);
  console.log();
  table([["", "bare query", "quorumlog", "ratio"], ...asked]);
} finally {
  await collector.stop();
  await loki.stop();
  rmSync(folder, { recursive: true });
}

/**
 * The time of the helper calls, and until the Collector has acknowledged all records, and the
 * processor time of this process until then. Returns the medians, and those of the ratio of each
 * round to the faster stock exporter.
 */
async function appSide() {
  const signed = votes(CALLS, 100, 100); // 100 actors, so that a page of one is full
  // The stock queue gets room for all records. With its default of 2048, it would drop most.
  const stock = (exporter) => new BatchLogRecordProcessor({ exporter, maxQueueSize: CALLS });
  const mirrors = {
    "stock, JSON": () => stock(new StockJson({ url })),
    "stock, protobuf": () => stock(new StockProtobuf({ url })),
    quorumlog: () => otlpMirror({ url }),
  };
  let runs = 0;
  const run = async (mirror) => {
    const audit = new GovernanceAuditLog({
      resource: resourceFromAttributes({ "service.name": `run-${runs++}` }),
      mirrors: [mirror],
    });
    globalThis.gc();
    const before = process.cpuUsage();
    const start = performance.now();
    for (const [index, vote] of signed.entries()) {
      audit.logVoteCast(vote);
      if (index % 64 === 63) await setImmediate(); // yields, as a server does
    }
    const called = performance.now();
    await audit.flush({ timeoutMillis: 120_000 });
    const acknowledged = performance.now();
    const { user, system } = process.cpuUsage(before);
    await audit.shutdown();
    await drained();
    return {
      called: called - start,
      acknowledged: acknowledged - start,
      processor: (user + system) / 1000,
    };
  };
  const names = Object.keys(mirrors);
  const of = await inTurns(
    Object.fromEntries(names.map((name) => [name, () => run(mirrors[name]())])),
    ROUNDS,
  );
  const WHAT = {
    called: `${CALLS} helper calls`,
    acknowledged: "until the Collector has acknowledged them",
    processor: "processor time of the app until then",
  };
  return Object.entries(WHAT).map(([what, title]) => [
    title,
    ...names.map((name) => `${of((round) => round[name][what]).toFixed(0)} ms`),
    times(
      of(
        (round) =>
          round.quorumlog[what] /
          Math.min(round["stock, JSON"][what], round["stock, protobuf"][what]),
      ),
    ),
  ]);
}

/** Waits until the Collector has nothing more to send, so that the next run does not pay for it. */
async function drained() {
  for (;;) {
    const metrics = await (await fetch(metricsUrl)).text();
    if (/^otelcol_exporter_queue_size\S* 0$/m.test(metrics)) return;
    await setTimeout(100);
  }
}

/**
 * The time of a page of 100 by the reader, and of one HTTP request for the same records. Returns
 * the medians of the times, and of the ratios.
 */
async function pages() {
  const selector = '{service_name="run-0"}';
  const reader = new LokiAuditReader({ url: lokiUrl, selector });
  while ((await reader.count()) < CALLS) await setTimeout(500);
  const questions = [
    ["a page of 100, the newest", {}, ""],
    ["a page of 100, by decision", { decision: "reject" }, ' | governance_decision="reject"'],
    [
      "a page of 100, by actor",
      { actorDid: "did:pqaid:node-7" },
      ' | governance_actor_did="did:pqaid:node-7"',
    ],
  ];
  const rows = [];
  for (const [name, query, filter] of questions) {
    const timed = async (ask) => {
      const start = performance.now();
      if ((await ask()) === 0) throw new Error(`${name}: nothing was found`);
      return performance.now() - start;
    };
    const of = await inTurns(
      {
        quorumlog: () => timed(async () => (await reader.entries({ ...query, limit: 100 })).length),
        bare: () => timed(() => bareQuery(`${selector}${filter}`)),
      },
      QUESTIONS,
    );
    rows.push([
      name,
      `${of(({ bare }) => bare).toFixed(1)} ms`,
      `${of(({ quorumlog }) => quorumlog).toFixed(1)} ms`,
      times(of(({ bare, quorumlog }) => quorumlog / bare)),
    ]);
  }
  return rows;
}

/** Asks for the last day, as the reader does first. Returns the number of records. */
async function bareQuery(query) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const answer = await fetch(`${lokiUrl}/loki/api/v1/query_range`, {
    method: "POST",
    headers: { "X-Loki-Response-Encoding-Flags": "categorize-labels" },
    body: new URLSearchParams({
      query,
      start: String(now - 86_400_000_000_000n),
      end: String(now + 1_800_000_000_000n),
      limit: "100",
      direction: "backward",
    }),
  });
  const { data } = await answer.json();
  return data.result.reduce((sum, { values }) => sum + values.length, 0);
}
