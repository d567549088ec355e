// Five million appends into a log of 100 000: what is held, and whether it stays.
import { GovernanceAuditLog } from "../dist/index.js";
import { table } from "./measure.mjs";

const MAX_ENTRIES = 100_000;
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
for (const until of [100_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000]) {
  for (; appended < until; appended++)
    audit.logVoteCast({
      vote: {
        // each string is the entry's own, as if it had just been received
        voteId: Buffer.from(
          `urn:pqc-gov-vote:${appended.toString(16).padStart(8, "0")}`,
        ).toString(),
        proposalId: Buffer.from(`urn:pqc-gov-prop:${Math.floor(appended / 40)}`).toString(),
        voterDid: Buffer.from(`did:pqaid:node-${appended % 500}`).toString(),
        decision: "approve",
      },
    });
  const held = heap() - before;
  if (until === 500_000) plateau = held;
  if (until > 500_000) highest = Math.max(highest, held);
  rows.push([until, `${(held / 1e6).toFixed(1)} MB`, `${(held / MAX_ENTRIES).toFixed(0)} B`]);
}
table(rows);
console.log(
  `  highest after the plateau at 500 000: ${((highest / plateau - 1) * 100).toFixed(1)} %`,
);
