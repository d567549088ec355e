/**
 * Logs with a journal until it is killed, and says the sequence of each entry that is safe: after its helper has returned,
 * or, when entries are committed in groups, when a mirror is handed it.
 */
import { writeSync } from "node:fs";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { GovernanceAuditLog } from "quorumlog";
import { otlpMirror } from "quorumlog/otlp";

const { JOURNAL = "", BACKEND = "" } = process.env;
const durability = process.env["DURABILITY"] === "batch" ? "batch" : "commit";

/** Waits where the pipe is full, since its reader has other tests to run. */
function say(sequence: unknown): void {
  for (;;)
    try {
      writeSync(1, `${sequence}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
}

const witness: LogRecordProcessor = {
  onEmit: ({ attributes }) => void say(attributes["governance.sequence"]),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const mirror = otlpMirror({ url: BACKEND, delayMillis: 5, maxBatchSize: 16, backfill: true });
const mirrors = durability === "batch" ? [witness, mirror] : [mirror];
const audit = new GovernanceAuditLog({ journal: JOURNAL, durability, mirrors });

function logSome(): void {
  for (let i = 0; i < 5; i++) {
    const { sequence } = audit.logVoteCast({
      vote: { voteId: `v${i}`, proposalId: "p1", voterDid: "did:pqaid:bob", decision: "approve" },
    });
    if (durability === "commit") say(sequence);
  }
  setImmediate(logSome); // lets the delivery have its turn
}
logSome();
