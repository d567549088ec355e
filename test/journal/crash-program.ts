/** Logs with a journal until it is killed, and says the sequence of each entry after its helper has returned. */
import { writeSync } from "node:fs";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";

const { JOURNAL = "", BACKEND = "" } = process.env;
const mirror = otlpMirror({ url: BACKEND, delayMillis: 5, maxBatchSize: 16, backfill: true });
const audit = new GovernanceAuditLog({ journal: JOURNAL, mirrors: [mirror] });

function logSome(): void {
  for (let i = 0; i < 5; i++) {
    const { sequence } = audit.logVoteCast({
      vote: { voteId: `v${i}`, proposalId: "p1", voterDid: "did:pqaid:bob", decision: "approve" },
    });
    writeSync(1, `${sequence}\n`);
  }
  setImmediate(logSome); // lets the delivery have its turn
}
logSome();
