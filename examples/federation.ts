/**
 * A federation of five nodes authorizes a model, catches a node that votes twice, freezes the model in an emergency and
 * takes the authorization back; then the questions that an auditor asks. Run it with `npm run demo`.
 */
import { inspect } from "node:util";
import { type AuditEntry, type AuditQuery, GovernanceAuditLog } from "quorumlog";
import { fixedClock } from "quorumlog/testing";
import { Ballot } from "./shared/ballot.ts";
import { alice, bob, carol, dave, eve, FEDERATION } from "./shared/nodes.ts";
import { escapeControls, inWords, short, trailTable, wantsColours } from "./shared/trail-table.ts";

// With a clock of its own the demo prints the same in every run; an app leaves this option out.
const audit = new GovernanceAuditLog({
  logId: "federation.example",
  clock: fixedClock("2026-04-14T12:00:00Z", 20_500),
});
const model = "did:pqaid:medical-ai-v2";

for (const node of FEDERATION) audit.logNodeAdded(node);

// The vote: eve approves to one half of the federation and rejects to the other.
const authorization = {
  proposalId: "urn:pqc-gov-prop:7f3a9c21",
  subjectId: model,
  kind: "authorize-model",
  proposerDid: alice.did,
  title: "Authorize medical-ai-v2",
} as const;
const vote = new Ballot(audit, FEDERATION, authorization);
vote.cast(alice.did, "approve");
vote.cast(bob.did, "approve");
vote.cast(eve.did, "approve");
vote.cast(carol.did, "abstain");
vote.cast(eve.did, "reject");
vote.cast(dave.did, "approve");
if (vote.close(alice.did).decision === "passed") audit.logAuthorizationGranted(authorization);

// The emergency: the same model, a vote of its own, and an operation of the app's own for the act itself.
const freeze = {
  proposalId: "urn:pqc-gov-prop:c04de177",
  subjectId: model,
  kind: "emergency-freeze",
  proposerDid: dave.did,
  title: "Freeze medical-ai-v2 at once",
} as const;
const emergency = new Ballot(audit, FEDERATION, freeze);
for (const node of [dave, carol, bob]) emergency.cast(node.did, "approve");
if (emergency.close(dave.did).decision === "passed") {
  const { proposalId, subjectId, proposerDid: actorDid } = freeze;
  const details = { reason: "unsafe dosage advice" };
  audit.log({ operation: "emergency_freeze", proposalId, subjectId, actorDid, details });
  audit.logAuthorizationRevoked(freeze);
}
audit.logNodeRemoved(eve);

const trail = audit.entries({ order: "oldest" });
for (const line of trailTable(trail, wantsColours(process.stdout, process.env))) console.log(line);

ask("Who let medical-ai-v2 run?", { subjectId: model, operation: "authorization_granted" }, (entry) => {
  return `proposal ${short(entry.proposalId)}, at ${entry.timestamp}`;
});
ask(
  "Was that a valid decision?",
  { proposalId: authorization.proposalId, operation: "consensus_reached" },
  (entry) => `${entry.decision}: ${inWords(entry)}`,
);
ask("What happened to it last?", { subjectId: model, limit: 1 }, (entry) => entry.operation);
ask("Who voted twice?", { operation: "byzantine_detected" }, (entry) => {
  return `${short(entry.actorDid)} on ${short(entry.proposalId)}: ${inWords(entry)}`;
});

console.log("\nThe evidence against eve, as sealed (canonical JSON, RFC 8785; UUIDs left out here):");
const line = [...audit.lines()].find((candidate) => candidate.includes("byzantine_detected")) ?? "";
console.log(escapeControls(line.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")));

console.log("\nThe first entry of exportJson():");
console.log(JSON.stringify(JSON.parse(audit.exportJson())[0], null, 2));

await audit.shutdown();

function ask(question: string, query: AuditQuery, answer: (entry: AuditEntry) => string): void {
  console.log(`\n${question}`);
  console.log(`  audit.entries(${inspect(query, { breakLength: Number.POSITIVE_INFINITY })})`);
  for (const entry of audit.entries(query)) console.log(`  #${entry.sequence} ${answer(entry)}`);
}
