// Judging the trail of an export beside reading and parsing it, the memory of a vote, the time to
// feed an entry, and the time of an answer.
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { validateEvent } from "../dist/entry/audit-event.js";
import { sealEntry } from "../dist/entry/seal.js";
import { randomUuid } from "../dist/entry/uuid.js";
import { entriesOfLines, replay, replayFrom } from "../dist/governance/index.js";
import { median, sized, table, times } from "./measure.mjs";

/** Each has an entry when it is created, votes, a result and a grant. */
const PROPOSALS = sized(100_000, 20);
const VOTES = 7;
const ROUNDS = sized(3, 1);
const NODES = 20;
const START = Date.UTC(2026, 0, 1);
const LOG = "quorumlog";

function* events() {
  const node = (index) => `did:pqaid:node-${index % NODES}`;
  for (let index = 0; index < NODES; index++)
    yield {
      operation: "node_added",
      actorDid: node(index),
      details: { name: `n${index}`, weight: 1 },
    };
  for (let index = 0; index < PROPOSALS; index++) {
    const proposalId = `urn:pqc-gov-prop:${index.toString(16).padStart(8, "0")}`;
    const subject = { subjectId: `did:pqaid:model-${index % 5000}`, kind: "authorize-model" };
    yield {
      operation: "proposal_created",
      proposalId,
      ...subject,
      actorDid: node(index),
      details: { title: "run the model" },
    };
    for (let vote = 1; vote <= VOTES; vote++)
      yield {
        operation: "vote_cast",
        proposalId,
        actorDid: node(index + vote),
        decision: "approve",
        details: { vote_id: `urn:pqc-gov-vote:${(index * VOTES + vote).toString(16)}` },
      };
    yield {
      operation: "consensus_reached",
      proposalId,
      actorDid: node(index),
      decision: "passed",
      details: {
        reason: "counted",
        approve_weight: VOTES,
        reject_weight: 0,
        abstain_weight: 0,
        total_weight: NODES,
        vote_count: VOTES,
      },
    };
    yield { operation: "authorization_granted", proposalId, ...subject, details: {} };
  }
}

const folder = mkdtempSync(join(tmpdir(), "quorumlog-bench-"));
const path = join(folder, "governance.ndjson");
const file = createWriteStream(path);
let count = 0;
for (const event of events()) {
  const sequence = count++;
  const recordedMillis = START + sequence;
  const options = { log: LOG, sequence, id: randomUuid(), recordedMillis };
  if (!file.write(`${sealEntry(validateEvent(event), options).line}\n`)) await once(file, "drain");
}
file.end();
await once(file, "finish");

const lines = () => createInterface({ input: createReadStream(path) });

const tasks = {
  async parse() {
    let read = 0;
    for await (const line of lines()) if (JSON.parse(line).seq === read) read++;
    return read;
  },
  async read() {
    let read = 0;
    for await (const entry of entriesOfLines(lines())) if (entry.sequence === read) read++;
    return read;
  },
  async judge() {
    const trail = await replayFrom(entriesOfLines(lines()));
    if (trail.findings().length > 0) throw new Error(JSON.stringify(trail.findings()[0]));
    return trail.lastSequence + 1;
  },
};
const NAMES = {
  parse: "reading lines, JSON.parse",
  read: "reading and checking entries (entriesOfLines)",
  judge: "the same, replayed and judged",
};
const worked = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, task] of Object.entries(tasks)) {
    globalThis.gc();
    const before = process.cpuUsage();
    if ((await task()) !== count) throw new Error(`${name} did not read all entries`);
    const { user, system } = process.cpuUsage(before);
    worked[name].push(user + system);
  }

// from here on, the entries are in memory
const entries = [];
for await (const entry of entriesOfLines(lines())) entries.push(entry);
const fed = [];
/** Feeds all entries to a new trail. Gives the trail. */
function feed() {
  const trail = replay([]);
  for (const entry of entries) trail.feed(entry);
  return trail;
}
/** The heap, and the arrays of numbers that are not part of it. */
function held() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
const before = held();
const kept = feed();
const bytes = (held() - before) / (PROPOSALS * VOTES);
for (let round = 0; round < ROUNDS; round++) {
  globalThis.gc();
  const before = process.cpuUsage();
  const trail = feed();
  const { user, system } = process.cpuUsage(before);
  fed.push((user + system) / count);
  if (trail.lastSequence !== kept.lastSequence) throw new Error("an entry is missing");
}

/** How long each entry took to feed, in microseconds, ascending. */
function waits() {
  const trail = replay([]);
  return Float64Array.from(entries, (entry) => {
    const began = performance.now();
    trail.feed(entry);
    return (performance.now() - began) * 1000;
  }).sort();
}
/** How long a question took, in milliseconds. */
function asked(question) {
  const began = performance.now();
  question();
  return performance.now() - began;
}
const each = waits();
const newest = `urn:pqc-gov-prop:${(PROPOSALS - 1).toString(16).padStart(8, "0")}`;
const ofProposal = asked(() => kept.proposal(newest));
const ofAll = asked(() => kept.findings());
const ofAllAgain = asked(() => kept.findings());

console.log(`${count} entries of ${PROPOSALS} proposals, median of ${ROUNDS} rounds`);
table([
  ["", "processor time", "us an entry", "x JSON.parse", "x entriesOfLines"],
  ...Object.keys(tasks).map((name) => [
    NAMES[name],
    `${(median(worked[name]) / 1e6).toFixed(2)} s`,
    (median(worked[name]) / count).toFixed(2),
    times(median(worked[name].map((value, round) => value / worked.parse[round]))),
    times(median(worked[name].map((value, round) => value / worked.read[round]))),
  ]),
]);
table([
  ["trail.feed", "us an entry (processor time)", "bytes a vote, all of the trail"],
  ["", median(fed).toFixed(2), bytes.toFixed(0)],
]);
table([
  ["trail.feed", "p99", "slowest (wall time, with the garbage collector)"],
  [
    "",
    `${each[Math.floor(each.length * 0.99)].toFixed(1)} us`,
    `${(each.at(-1) / 1000).toFixed(1)} ms`,
  ],
]);
table([
  ["at the end", "proposal()", "findings()", "findings() again"],
  ["", ...[ofProposal, ofAll, ofAllAgain].map((millis) => `${millis.toFixed(2)} ms`)],
]);
rmSync(folder, { recursive: true });
