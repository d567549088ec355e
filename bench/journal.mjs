// The journal: an append beside a bare insert and sync of the same line in the same file system;
// opening and querying a journal of a million entries.
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { GovernanceAuditLog } from "../dist/index.js";
import { Journal } from "../dist/journal/index.js";
import { fill, row, START } from "./filled-journal.mjs";
import { latency, median, sized, table, times, us } from "./measure.mjs";
import { throughput } from "./throughput.mjs";
import { votes } from "./votes.mjs";

const ENTRIES = sized(1_000_000, 1100);
const ROUNDS = sized(25, 1);
const APPENDS = sized(200, 5);
const RATE_ROUNDS = sized(9, 1);
const [firstVote] = votes();
const folder = mkdtempSync(join(tmpdir(), "quorumlog-bench-"));

/**
 * Times of appends, in microseconds: of each one, and the mean of each round. The tasks take turns,
 * because the speed of the disk varies.
 */
function appends(tasks) {
  const found = Object.fromEntries(
    Object.keys(tasks).map((name) => [name, { means: [], single: [] }]),
  );
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, { prepare, append }] of Object.entries(tasks)) {
      const rows = Array.from({ length: APPENDS }, (_, i) => prepare(i));
      const { means, single } = found[name];
      const start = performance.now();
      for (const one of rows) {
        const before = performance.now();
        append(one);
        single.push((performance.now() - before) * 1000);
      }
      means.push(((performance.now() - start) * 1000) / APPENDS);
    }
  return found;
}

/** The value below which this part of all values lies. */
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];

function bare(name, synchronous = "FULL") {
  const database = new DatabaseSync(join(folder, name));
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; CREATE TABLE line (line BLOB)`,
  );
  const insert = database.prepare("INSERT INTO line VALUES (?)");
  let sequence = 0;
  return { prepare: () => Buffer.from(row(sequence++).line), append: (line) => insert.run(line) };
}

function appending(path) {
  const journal = Journal.open(path);
  return { journal, prepare: (i) => row(journal.length + i), append: (one) => journal.append(one) };
}

const path = join(folder, "million.db");
const started = performance.now();
fill(path, ENTRIES);
const filledSeconds = ((performance.now() - started) / 1000).toFixed(0);
const bytesEach = (statSync(path).size / ENTRIES).toFixed(0);
console.log(`\n${ENTRIES} entries, ${bytesEach} bytes each, made in ${filledSeconds} s`);

const openings = Array.from({ length: 5 }, () => {
  const start = performance.now();
  const journal = Journal.open(path);
  const opened = performance.now() - start;
  const refilled = journal.newest(100_000);
  const usable = performance.now() - start;
  journal.append(row(journal.length));
  const found = { opened, usable, appended: performance.now() - start, refilled: refilled.length };
  journal.close();
  return found;
});
const firstCalls = [];
for (let i = 0; i < 5; i++) {
  const start = performance.now();
  const audit = new GovernanceAuditLog({ journal: path });
  audit.logVoteCast(firstVote);
  firstCalls.push(performance.now() - start);
  await audit.shutdown();
}
const millis = (values) => `${median(values).toFixed(0)} ms`;
const middle = (name) => millis(openings.map((found) => found[name]));
console.log("\nopening it, median of 5");
table([
  ["", "since the call"],
  ["Journal.open has returned", middle("opened")],
  [`the newest ${openings[0].refilled} entries are read and checked`, middle("usable")],
  ["the first append is synced", middle("appended")],
  ["the first helper call of a log on it has returned", millis(firstCalls)],
]);

copyFileSync(path, join(folder, "append.db"));
const found = appends({
  bare: bare("bare.db"),
  empty: appending(join(folder, "empty.db")),
  full: appending(join(folder, "append.db")),
});
const appendRow = (label, name) => {
  const { means, single } = found[name];
  const ratio = median(means.map((value, round) => value / found.bare.means[round]));
  const parts = [0.5, 0.99, 0.999].map((part) => us(quantile(single, part)));
  return [label, us(median(means)), ...parts, times(ratio)];
};
console.log(
  `\nan append, synced: ${ROUNDS} rounds of ${APPENDS}, by turns; the ratio is the median of those of the rounds`,
);
table([
  ["", "mean", "median", "p99", "p99.9", "x bare"],
  appendRow("node:sqlite, insert of the line alone", "bare"),
  appendRow("Journal.append, empty at the start", "empty"),
  appendRow(`Journal.append, behind ${ENTRIES}`, "full"),
]);

let turns = 0;
const durable = (durability) => ({
  journal: join(folder, `${durability}-${turns++}.db`),
  durability,
});
const rates = { commit: [], batch: [] };
for (let round = 0; round < RATE_ROUNDS; round++) {
  rates.commit.push(await throughput(durable("commit"), sized(1000, 20)));
  rates.batch.push(await throughput(durable("batch"), sized(20_000, 300)));
}
const rateRatio = median(rates.batch.map((rate, round) => rate / rates.commit[round]));
console.log(
  `\nhelper calls a second until the journal has them, median of ${RATE_ROUNDS} rounds by turns`,
);
table([
  ["durability", "median", "slowest", "x commit"],
  ["commit", median(rates.commit).toFixed(0), Math.min(...rates.commit).toFixed(0), times(1)],
  ["batch", median(rates.batch).toFixed(0), Math.min(...rates.batch).toFixed(0), times(rateRatio)],
]);

const journal = Journal.open(path, { readOnly: true });
const proposals = Math.floor(ENTRIES / 40);
let turn = 0;
const next = () => `urn:pqc-gov-prop:${(turn++ * 7919) % proposals}`;
const at = (part) => new Date(START + ENTRIES * 100 * part);
const QUERIES = {
  "a proposal": () => journal.page({ proposalId: next(), limit: 100 }),
  "a proposal and a decision": () =>
    journal.page({ proposalId: next(), decision: "approve", limit: 100 }),
  "an actor": () => journal.page({ actorDid: `did:pqaid:node-${turn++ % 500}`, limit: 100 }),
  "an actor and an operation": () =>
    journal.page({
      actorDid: `did:pqaid:node-${turn++ % 500}`,
      operation: "vote_cast",
      limit: 100,
    }),
  "two proposals and two decisions": () =>
    journal.page({
      proposalId: [next(), next()],
      decision: ["approve", "reject"],
      limit: 100,
    }),
  "two actors and two operations": () =>
    journal.page({
      actorDid: [`did:pqaid:node-${turn++ % 500}`, `did:pqaid:node-${turn++ % 500}`],
      operation: ["vote_cast", "node_added"],
      limit: 100,
    }),
  "a proposal and a detail": () =>
    journal.page({ proposalId: next(), details: { vote_id: "none" }, limit: 100 }),
  "a detail alone: a scan of all": () => journal.page({ details: { vote_id: "none" }, limit: 100 }),
  "no condition": () => journal.page({ limit: 100 }),
  "an hour in the middle": () =>
    journal.page({ since: at(0.5), until: new Date(+at(0.5) + 3_600_000), limit: 100 }),
  "a time, oldest first": () => journal.page({ since: at(0.7), order: "oldest", limit: 100 }),
  "a page by cursor": () => journal.page({ before: (turn++ * 7919) % ENTRIES, limit: 100 }),
};
console.log(`\npages of 100 of ${ENTRIES}, by`);
table([
  ["", "median", "p99"],
  ...Object.entries(QUERIES).map(([name, query]) => {
    const { median, p99 } = latency(query, { millis: 1000 });
    return [name, us(median), us(p99)];
  }),
]);
const COUNTS = {
  "no condition": {},
  "a proposal": { proposalId: "urn:pqc-gov-prop:7" },
  "an actor: one entry in 500": { actorDid: "did:pqaid:node-7" },
  "two actors": { actorDid: ["did:pqaid:node-7", "did:pqaid:node-8"] },
  "an actor and a decision": { actorDid: "did:pqaid:node-7", decision: "approve" },
  "a decision: a third of the entries": { decision: "approve" },
  "an operation: all entries": { operation: "vote_cast" },
  "an operation and a decision": { operation: "vote_cast", decision: "approve" },
  "a time alone": { since: at(0.1003), until: at(0.9007) },
  "a decision of a time": { decision: "approve", since: at(0.1003), until: at(0.9007) },
};
console.log(`\ncount() over ${ENTRIES}, by`);
table([
  ["", "entries", "median", "p99"],
  ...Object.entries(COUNTS).map(([name, query]) => {
    const { median, p99 } = latency(() => journal.count(query), { millis: 1000 });
    return [name, journal.count(query), us(median), us(p99)];
  }),
]);
journal.close();
rmSync(folder, { recursive: true });
