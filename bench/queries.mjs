// Queries on logs of three sizes: each filter and each pair of filters on the largest.
import { AuditLogger } from "@microsoft/agent-governance-sdk";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { GovernanceAuditLog } from "../dist/index.js";
import { latency, sized, table, times, us } from "./measure.mjs";

const KINDS = ["authorize-model", "revoke-model", "authorize-agent", "update-policy"];
const OPERATIONS = [
  "vote_cast",
  "vote_cast",
  "vote_cast",
  "proposal_created",
  "consensus_reached",
  "policy_updated",
];
const START = Date.UTC(2026, 0, 1);

/** Entries in a fixed pseudo-random order. Every 50 000th has a rare actor among common values. */
function logOf(size) {
  const audit = new GovernanceAuditLog({ maxEntries: size });
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (let i = 0; i < size; i++) {
    audit.log({
      operation: OPERATIONS[random(OPERATIONS.length)],
      proposalId: `urn:pqc-gov-prop:${Math.floor(i / 40)}`,
      subjectId: `did:pqaid:model-${random(50)}`,
      kind: KINDS[random(KINDS.length)],
      actorDid: i % 50_000 === 7 ? "did:pqaid:rare" : `did:pqaid:node-${random(5)}`,
      details: { batch: Math.floor(i / 1000), vote_id: `v${i}` },
      timestamp: new Date(START + i * 1000),
    });
  }
  return audit;
}

const sizes = [10_000, 100_000, 1_000_000].map((size) => sized(size, size / 1000));
const byProposal = sizes.map((size) => {
  const audit = logOf(size);
  // The same number of proposals for each size, spread over the log. With fewer, this would measure
  // the processor's caches.
  const proposals = Array.from(
    { length: 250 },
    (_, i) => `urn:pqc-gov-prop:${Math.floor((i * size) / 40 / 250)}`,
  );
  let turn = 0;
  const found = latency(() => audit.entries({ proposalId: proposals[turn++ % 250], limit: 20 }));
  return { size, audit, ...found };
});
console.log("\nentries({ proposalId, limit: 20 }), 250 proposals spread over the log");
table([
  ["entries held", "median", "p99", "x the smallest"],
  ...byProposal.map(({ size, median, p99 }) => [
    size,
    us(median),
    us(p99),
    times(median / byProposal[0].median),
  ]),
]);

const { audit } = byProposal[2];
const CONDITIONS = {
  operation: { operation: "vote_cast" },
  proposalId: { proposalId: "urn:pqc-gov-prop:12345" },
  actorDid: { actorDid: "did:pqaid:node-3" },
  subjectId: { subjectId: "did:pqaid:model-31" },
  kind: { kind: "update-policy" },
  since: { since: new Date(START + 500_000_000) },
  until: { until: new Date(START + 500_000_000) },
  before: { before: 400_000 },
  after: { after: 600_000 },
  "actorDid (rare)": { actorDid: "did:pqaid:rare" },
};
const names = Object.keys(CONDITIONS);
const pages = [];
for (const [i, one] of names.entries()) {
  pages.push([one, latency(() => audit.page({ ...CONDITIONS[one], limit: 100 }), { millis: 60 })]);
  for (const other of names.slice(i + 1)) {
    const query = { ...CONDITIONS[one], ...CONDITIONS[other], limit: 100 };
    pages.push([`${one} + ${other}`, latency(() => audit.page(query), { millis: 60 })]);
  }
}
pages.sort((a, b) => b[1].p99 - a[1].p99);
console.log(
  `\npages of 100 at ${sizes[2]} entries: ${pages.length} single filters and pairs; the slowest`,
);
table([
  ["", "median", "p99"],
  ...pages.slice(0, 8).map(([name, found]) => [name, us(found.median), us(found.p99)]),
]);

const rare = latency(() =>
  audit.page({
    operation: "vote_cast",
    kind: "update-policy",
    actorDid: "did:pqaid:rare",
    limit: 100,
  }),
);
const never = latency(() =>
  audit.page({
    operation: "vote_cast",
    kind: "update-policy",
    subjectId: "did:pqaid:model-31",
    actorDid: "did:pqaid:node-3",
    decision: "approve",
  }),
);
console.log(`\nthree and more filters at ${sizes[2]}`);
table([
  ["", "median", "p99"],
  ["a rare actor behind a common operation and kind", us(rare.median), us(rare.p99)],
  ["a decision that never occurs behind four common values", us(never.median), us(never.p99)],
]);

const two = latency(() =>
  audit.page({
    operation: ["vote_cast", "policy_updated"],
    subjectId: ["did:pqaid:model-31", "did:pqaid:model-7"],
    kind: ["update-policy", "revoke-model"],
    actorDid: ["did:pqaid:node-3", "did:pqaid:rare"],
    limit: 100,
  }),
);
const detail = latency(() =>
  audit.page({ subjectId: "did:pqaid:model-31", details: { batch: 1 }, limit: 100 }),
);
const scan = latency(() => audit.page({ details: { vote_id: "v0" }, limit: 100 }));
console.log(`\nseveral values and details at ${sizes[2]}`);
table([
  ["", "median", "p99"],
  ["two values in each of four fields, a page of 100", us(two.median), us(two.p99)],
  ["a subject and a detail that is far back", us(detail.median), us(detail.p99)],
  ["a detail alone, of the oldest entry: a scan of all", us(scan.median), us(scan.p99)],
]);

const peer = new AuditLogger({ maxEntries: sizes[1] });
const exporter = new InMemoryLogRecordExporter();
const logger = new LoggerProvider({
  processors: [new SimpleLogRecordProcessor({ exporter })],
}).getLogger("bench");
for (let i = 0; i < sizes[1]; i++) {
  peer.log({
    agentId: `urn:pqc-gov-prop:${Math.floor(i / 40)}`,
    action: "vote_cast",
    decision: "allow",
  });
  logger.emit({
    attributes: { "governance.proposal.id": `urn:pqc-gov-prop:${Math.floor(i / 40)}` },
  });
}
await new Promise(setImmediate);
const filtered = latency(() => peer.getEntries({ agentId: "urn:pqc-gov-prop:999" }));
const exported = latency(() =>
  exporter
    .getFinishedLogRecords()
    .filter((record) => record.attributes["governance.proposal.id"] === "urn:pqc-gov-prop:999"),
);
console.log(`\none proposal of ${sizes[1]} entries`);
table([
  ["", "median", "x quorumlog"],
  ["quorumlog", us(byProposal[1].median), times(1)],
  [
    "agent-governance-sdk, filtered",
    us(filtered.median),
    times(filtered.median / byProposal[1].median),
  ],
  [
    "in-memory exporter of the SDK, filtered",
    us(exported.median),
    times(exported.median / byProposal[1].median),
  ],
]);
