// A log of its own: entries, queries, a journal that goes on, and the command.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { AuditError, GovernanceAuditLog } from "quorumlog";
import { Journal } from "quorumlog/journal";
import { castVotes, PROPOSAL } from "./votes.mts";

const folder = mkdtempSync(join(import.meta.dirname, "data-"));
const journal = join(folder, "governance.db");
const command = join(
  createRequire(import.meta.url).resolve("quorumlog/package.json"),
  "../dist/quorumlog.cjs",
);
const quorumlog = (...argv: string[]): string =>
  execFileSync(process.execPath, [command, ...argv], { cwd: folder, encoding: "utf8" });

const inMemory = new GovernanceAuditLog();
castVotes(inMemory, 3);
assert.equal(inMemory.count({ proposalId: PROPOSAL }), 3);
assert.throws(
  () => inMemory.logVoteCast({} as never),
  (error) => error instanceof AuditError && error.code === "invalid_entry",
);
await inMemory.shutdown();

const keygen = ["keygen", "--name", "acme.example/governance", "--algorithm", "ed25519"];
quorumlog(...keygen, "--out", ".");
const signer = join(folder, "acme.example-governance.ed25519.pem");
for (const start of [0, 2]) {
  const audit = new GovernanceAuditLog({ journal, logId: "acme.example/governance", signer });
  assert.deepEqual(
    castVotes(audit, 2).map((entry) => entry.sequence),
    [start, start + 1],
  );
  await audit.shutdown();
}
const reader = Journal.open(journal, { readOnly: true });
assert.equal(reader.length, 4);
reader.close();
assert.match(quorumlog("query", journal, "--json"), /"sequence":3/);
quorumlog("export", journal, "--format", "ndjson", "--out", "entries.ndjson");
const key = ["--key", "acme.example-governance.ed25519.vkey"];
for (const source of [journal, "entries.ndjson"])
  assert.match(quorumlog("verify", source, ...key), /verified/i);
console.log("ok");
