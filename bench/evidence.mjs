// Evidence: what the Merkle tree and a signer add to a call, and what a checkpoint and an inclusion
// proof cost.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GovernanceAuditLog } from "../dist/index.js";
import { generateKeys } from "../dist/integrity/keys/key-generation.js";
import { CompactRange } from "../dist/integrity/merkle/compact-range.js";
import { Journal, signingKeyOf } from "../dist/journal/index.js";
import { fill } from "./filled-journal.mjs";
import { median, ns, sideBySide, sized, table, times, us } from "./measure.mjs";
import { throughput } from "./throughput.mjs";
import { circle, votes } from "./votes.mjs";

const ENTRIES = sized(1_000_000, 300);
const ROUNDS = sized(9, 1);
const CALLS = sized(20_000, 300);
const CHECKPOINTS = sized(50, 2);
const PROOFS = sized(2000, 20);
const NAME = "acme.example/governance";
const folder = mkdtempSync(join(tmpdir(), "quorumlog-bench-"));
// Each journal has its own folder: in one folder, a name signs only one journal.
const journalPath = () => join(mkdtempSync(join(folder, "journal-")), "governance.db");
const signed = votes();
const keysOf = (algorithms) =>
  algorithms.map((algorithm) => signingKeyOf(NAME, generateKeys(NAME, algorithm).privateKeyPem));

const sealing = () => {
  const audit = new GovernanceAuditLog();
  const next = circle(signed);
  // The journal stores the hash as bytes, with a tree or without.
  return () => Buffer.from(audit.logVoteCast(next()).leafHash, "hex");
};
const growing = () => {
  const audit = new GovernanceAuditLog();
  const next = circle(signed);
  let range = CompactRange.EMPTY;
  return () => {
    range = range.append(Buffer.from(audit.logVoteCast(next()).leafHash, "hex"));
  };
};
const call = sideBySide({ sealed: () => sealing(), tree: () => growing() });
console.log("\na sealed helper call, and what the tree adds to it");
table([
  ["", "a call", "x without"],
  ["sealed call", ns(call.sealed), times(1)],
  ["sealed call, appended to the Merkle tree", ns(call.tree), times(call.tree / call.sealed)],
]);

const grouped = () => ({ logId: NAME, journal: journalPath(), durability: "batch" });
const pem = ["ed25519", "ml-dsa-44"].map(
  (algorithm) => generateKeys(NAME, algorithm).privateKeyPem,
);
const rates = { without: [], with: [] };
for (let round = 0; round < ROUNDS; round++) {
  rates.without.push(await throughput(grouped(), CALLS));
  rates.with.push(await throughput({ ...grouped(), signer: pem }, CALLS));
}
console.log("\nhelper calls a second, durability batch, a checkpoint every 1000 entries;");
console.log(`median of ${ROUNDS} rounds`);
table([
  ["", "median", "time a call, x without"],
  ["no signer", median(rates.without).toFixed(0), times(1)],
  [
    "Ed25519 and ML-DSA-44",
    median(rates.with).toFixed(0),
    times(median(rates.without.map((rate, round) => rate / rates.with[round]))),
  ],
]);

const path = journalPath();
fill(path, ENTRIES, NAME);
const journal = Journal.open(path);
const both = keysOf(["ed25519", "ml-dsa-44"]);
const taken = [];
for (let i = 0; i < CHECKPOINTS; i++) {
  const start = performance.now();
  await journal.checkpoint({ keys: both });
  taken.push((performance.now() - start) * 1000);
}
console.log(`\na checkpoint that covers ${ENTRIES} entries: both signatures, stored`);
table([
  ["", "median", `slowest of ${CHECKPOINTS}`],
  ["Journal.checkpoint", us(median(taken)), us(Math.max(...taken))],
]);
journal.close();

const reader = Journal.open(path, { readOnly: true });
const first = performance.now();
await reader.prove(123_456 % ENTRIES);
const firstMillis = performance.now() - first;
const again = [];
for (let i = 0; i < PROOFS; i++) {
  const start = performance.now();
  await reader.prove((i * 7919) % ENTRIES);
  again.push((performance.now() - start) * 1000);
}
again.sort((a, b) => a - b);
console.log(
  `\nan inclusion proof from a journal of ${ENTRIES}, as a tlog-proof file that was checked`,
);
table([
  ["", "time"],
  ["the first one", us(firstMillis * 1000)],
  [`any other, median of ${PROOFS} over the whole log`, us(median(again))],
  ["p99", us(again[Math.floor(again.length * 0.99)])],
]);
reader.close();
rmSync(folder, { recursive: true });
