// Delivery with a ledger beside the stock batch processor: records a second to a healthy server,
// and what `onEmit` costs.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { ReliableLogRecordProcessor } from "../dist/delivery/index.js";
import { otlpMirror } from "../dist/otlp/index.js";
import { inTurns, ns, sized, table, times } from "./measure.mjs";

// A full collection gives memory back to the system. With so many records, the cost of getting it
// again does not count.
const RECORDS = sized(60_000, 100);
const ROUNDS = sized(15, 1);

const sink = fork(fileURLToPath(new URL("otlp-sink.mjs", import.meta.url)));
const [port] = await once(sink, "message");
const url = `http://127.0.0.1:${port}/v1/logs`;

// The stock queue gets room for all records. With its default of 2048, it would drop nine in ten.
const stock = (exporter) => new BatchLogRecordProcessor({ exporter, maxQueueSize: RECORDS });
const toServer = {
  stock: () => stock(new OTLPLogExporter({ url })),
  reliable: () => otlpMirror({ url }),
};
const byStockExporter = {
  stock: toServer.stock,
  reliable: () => otlpMirror({ exporter: new OTLPLogExporter({ url }) }),
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

/**
 * Emits all records. Returns the time until the last emit returned, and the time until all records
 * are delivered, in nanoseconds a record.
 */
async function run(processor) {
  const logger = new LoggerProvider({ processors: [processor] }).getLogger("bench");
  const line = JSON.stringify({
    actor_did: "did:pqaid:node-7",
    decision: "approve",
    filler: "x".repeat(250),
  });
  globalThis.gc();
  const start = performance.now();
  for (let i = 0; i < RECORDS; i++)
    logger.emit({
      eventName: "governance.vote_cast",
      body: line,
      attributes: {
        "governance.operation": "vote_cast",
        "governance.sequence": i,
        "governance.decision": "approve",
      },
    });
  const emitted = performance.now();
  await processor.forceFlush();
  const delivered = performance.now();
  await processor.shutdown();
  return { emit: ((emitted - start) * 1e6) / RECORDS, all: ((delivered - start) * 1e6) / RECORDS };
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

const served = await sideBySide(toServer);
const given = await sideBySide(byStockExporter);
const alone = await sideBySide(toNowhere);
const rate = (value) => `${Math.round(1e9 / value)}/s`;
table([
  ["", "stock", "quorumlog", "ratio"],
  [
    `${RECORDS} records to a healthy server, records a second`,
    rate(served.stock.all),
    rate(served.reliable.all),
    times(served.ratio.rate),
  ],
  [
    "the same, the stock exporter given to the mirror",
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
