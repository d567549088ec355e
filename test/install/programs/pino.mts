// Entries as lines of a pino logger.
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { pino } from "pino";
import { GovernanceAuditLog } from "quorumlog";
import { pinoMirror } from "quorumlog/pino";
import { castVotes } from "./votes.mts";

const lines: string[] = [];
const stream = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk));
    done();
  },
});
const audit = new GovernanceAuditLog({ mirrors: [pinoMirror(pino(stream))] });
const [entry] = castVotes(audit, 1);
await audit.shutdown();
const line = JSON.parse(lines[0] ?? "{}");
assert.equal(line.level, 30);
assert.equal(line.governance.leafHash, entry?.leafHash);
console.log("ok");
