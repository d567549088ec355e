// Five million appends to a log of 100 000 entries: how much memory it takes, and whether that
// stays level.
import { GovernanceAuditLog } from "../dist/index.js";
import { sized, table } from "./measure.mjs";

const MAX_ENTRIES = sized(100_000, 100);
const PLATEAU = 5 * MAX_ENTRIES;
const heap = () => {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
const before = heap();
const audit = new GovernanceAuditLog({ maxEntries: MAX_ENTRIES });
const rows = [["appends", "heap above the start", "a held entry"]];
let plateau = 0;
let highest = 0;
let appended = 0;
for (const until of [1, 5, 10, 20, 30, 40, 50].map((times) => times * MAX_ENTRIES)) {
  for (; appended < until; appended++)
    audit.logVoteCast({
      vote: {
        // Each entry has its own strings, as if the app had just received them.
        voteId: Buffer.from(
          `urn:pqc-gov-vote:${appended.toString(16).padStart(8, "0")}`,
        ).toString(),
        proposalId: Buffer.from(`urn:pqc-gov-prop:${Math.floor(appended / 40)}`).toString(),
        voterDid: Buffer.from(`did:pqaid:node-${appended % 500}`).toString(),
        decision: "approve",
      },
    });
  const held = heap() - before;
  if (until === PLATEAU) plateau = held;
  if (until > PLATEAU) highest = Math.max(highest, held);
  rows.push([until, `${(held / 1e6).toFixed(1)} MB`, `${(held / MAX_ENTRIES).toFixed(0)} B`]);
}
table(rows);
const above = ((highest / plateau - 1) * 100).toFixed(1);
console.log(`  highest after the plateau at ${PLATEAU}: ${above} %`);
