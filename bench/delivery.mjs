// Delivery with a ledger beside the stock batch processor: records a second to a healthy server,
// in protobuf and in JSON, and what `onEmit` costs.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { OTLPLogExporter as StockJson } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as StockProtobuf } from "@opentelemetry/exporter-logs-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { ReliableLogRecordProcessor } from "../dist/delivery/index.js";
import { otlpMirror } from "../dist/otlp/index.js";
import { inTurns, ns, sized, table, times } from "./measure.mjs";

// A full collection gives memory back to the system. With so many records, the cost of getting it
// again does not count.
const RECORDS = sized(60_000, 100);
const ROUNDS = sized(11, 1);

const sink = fork(fileURLToPath(new URL("otlp-sink.mjs", import.meta.url)));
const [port] = await once(sink, "message");
const url = `http://127.0.0.1:${port}/v1/logs`;

// The stock queue gets room for all records. With its default of 2048, it would drop nine in ten.
const stock = (exporter) => new BatchLogRecordProcessor({ exporter, maxQueueSize: RECORDS });
const toServer = {
  "stock, JSON": () => stock(new StockJson({ url })),
  "stock, protobuf": () => stock(new StockProtobuf({ url })),
  "quorumlog, JSON": () => otlpMirror({ url, protocol: "http/json" }),
  "quorumlog, protobuf": () => otlpMirror({ url, protocol: "http/protobuf" }),
};
const byStockExporter = {
  stock: toServer["stock, protobuf"],
  reliable: () => otlpMirror({ exporter: new StockProtobuf({ url }) }),
};
const none = {
  export: (_, done) => done({ code: 0 }),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const toNowhere = {
  stock: () => stock(none),
  reliable: () => new ReliableLogRecordProcessor({ exporter: none }),
};

const THREE = (i) => ({
  "governance.operation": "vote_cast",
  "governance.sequence": i,
  "governance.decision": "approve",
});
/** What a record of a vote has. */
const ELEVEN = (i) => ({
  ...THREE(i),
  "log.record.uid": "7fa2d627-71d0-419d-838a-86c1be06b830",
  "governance.log.id": "acme.example/governance",
  "governance.leaf.hash": "a3d3a75c54572ac4ac2f2f2ba5c945a9b9fef1d5465e75396bc1125e01c7dfb6",
  "governance.timestamp": 1_776_168_000_000,
  "governance.proposal.id": "urn:pqc-gov-prop:7f3a9c21",
  "governance.actor.did": "did:pqaid:node-7",
  "governance.details.vote_id": "urn:pqc-gov-vote:7f3a9c21-1",
  "governance.details.weight": 1.5,
});

/**
 * Emits all records. Returns the time until the last emit returned, the time until all records are
 * delivered, and the processor time of this process until then, in nanoseconds a record.
 */
async function run(processor, attributes = THREE) {
  const logger = new LoggerProvider({ processors: [processor] }).getLogger("bench");
  const line = JSON.stringify({
    actor_did: "did:pqaid:node-7",
    decision: "approve",
    filler: "x".repeat(250),
  });
  globalThis.gc();
  const processor0 = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < RECORDS; i++)
    logger.emit({
      eventName: "governance.vote_cast",
      body: line,
      attributes: attributes(i),
    });
  const emitted = performance.now();
  await processor.forceFlush();
  const delivered = performance.now();
  const { user, system } = process.cpuUsage(processor0);
  await processor.shutdown();
  return {
    emit: ((emitted - start) * 1e6) / RECORDS,
    all: ((delivered - start) * 1e6) / RECORDS,
    cpu: ((user + system) * 1e3) / RECORDS,
  };
}

/** For each way to the server: the median time, and the median rate beside the faster stock one. */
async function rates(attributes) {
  const tasks = Object.entries(toServer).map(([name, processor]) => [
    name,
    () => run(processor(), attributes),
  ]);
  const of = await inTurns(Object.fromEntries(tasks), ROUNDS);
  const fasterStock = (round, what) =>
    Math.min(round["stock, JSON"][what], round["stock, protobuf"][what]);
  return Object.keys(toServer).map((name) => ({
    all: of((round) => round[name].all),
    ratio: of((round) => fasterStock(round, "all") / round[name].all),
    cpu: of((round) => round[name].cpu),
    cpuRatio: of((round) => fasterStock(round, "cpu") / round[name].cpu),
  }));
}

/** The medians of the times, and of the ratio of each round. */
async function sideBySide({ stock, reliable }) {
  const of = await inTurns({ stock: () => run(stock()), reliable: () => run(reliable()) }, ROUNDS);
  return {
    stock: { emit: of(({ stock }) => stock.emit), all: of(({ stock }) => stock.all) },
    reliable: {
      emit: of(({ reliable }) => reliable.emit),
      all: of(({ reliable }) => reliable.all),
    },
    ratio: {
      emit: of(({ stock, reliable }) => reliable.emit / stock.emit),
      rate: of(({ stock, reliable }) => stock.all / reliable.all),
    },
  };
}

const [three, eleven] = [await rates(THREE), await rates(ELEVEN)];
const given = await sideBySide(byStockExporter);
const alone = await sideBySide(toNowhere);
const rate = (value) => `${Math.round(1e9 / value)}/s`;
console.log(`${RECORDS} records to a healthy server, beside the faster stock exporter`);
for (const [attributes, found] of [
  ["3 attributes", three],
  ["11 attributes", eleven],
])
  table([
    [attributes, "records", "ratio", "processor time", "ratio"],
    ...Object.keys(toServer).map((name, i) => [
      name,
      rate(found[i].all),
      times(found[i].ratio),
      ns(found[i].cpu),
      times(found[i].cpuRatio),
    ]),
  ]);
table([
  ["", "stock", "quorumlog", "ratio"],
  [
    "the same with 3 attributes, the stock exporter given to the mirror",
    rate(given.stock.all),
    rate(given.reliable.all),
    times(given.ratio.rate),
  ],
  [
    "emit with this processor",
    ns(alone.stock.emit),
    ns(alone.reliable.emit),
    times(alone.ratio.emit),
  ],
]);
sink.disconnect();
