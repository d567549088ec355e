// Entries as lines of a winston logger.
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { GovernanceAuditLog } from "quorumlog";
import { winstonMirror } from "quorumlog/winston";
import { createLogger, format, transports } from "winston";
import { castVotes } from "./votes.mts";

const lines: string[] = [];
const stream = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk));
    done();
  },
});
const logger = createLogger({
  format: format.json(),
  transports: [new transports.Stream({ stream })],
});
const audit = new GovernanceAuditLog({ mirrors: [winstonMirror(logger)] });
const [entry] = castVotes(audit, 1);
await audit.shutdown();
const line = JSON.parse(lines[0] ?? "{}");
assert.equal(line.level, "info");
assert.equal(line.governance.leafHash, entry?.leafHash);
console.log("ok");
