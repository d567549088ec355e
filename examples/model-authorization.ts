/** Two models and two votes. The audit log answers which model may run, and by which decision. */
import { type AuditEntry, GovernanceAuditLog } from "quorumlog";
import { Ballot } from "./shared/ballot.ts";
import { inWords, short } from "./shared/in-words.ts";
import { alice, bob, carol, dave, eve, FEDERATION } from "./shared/nodes.ts";

const audit = new GovernanceAuditLog();
const triage = "did:pqaid:triage-v3";
const chatbot = "did:pqaid:chatbot-beta";

authorize(triage, "urn:pqc-gov-prop:11aa", [alice, bob, dave]);
authorize(chatbot, "urn:pqc-gov-prop:22bb", [eve]);

for (const model of [triage, chatbot]) {
  const grant = currentGrant(model);
  console.log(
    `${short(model)}: ${grant === undefined ? "may not run" : `may run since #${grant.sequence}`}`,
  );
  for (const { proposalId } of audit.entries({ subjectId: model, operation: "proposal_created" }))
    for (const result of audit.entries({ proposalId, operation: "consensus_reached" }))
      console.log(`  #${result.sequence} ${result.decision}: ${inWords(result)}`);
}

await audit.shutdown();

/** Holds a vote on a model. Every node that does not approve rejects. */
function authorize(model: string, proposalId: string, approving: readonly object[]): void {
  const proposal = {
    proposalId,
    subjectId: model,
    kind: "authorize-model",
    proposerDid: carol.did,
    title: `Authorize ${short(model)}`,
  } as const;
  const ballot = new Ballot(audit, FEDERATION, proposal);
  for (const node of FEDERATION)
    ballot.cast(node.did, approving.includes(node) ? "approve" : "reject");
  if (ballot.close(carol.did).decision === "passed") audit.logAuthorizationGranted(proposal);
}

/** The grant by which a model may run: its newest one, unless a revocation came after it. */
function currentGrant(model: string): AuditEntry | undefined {
  const [grant] = audit.entries({ subjectId: model, operation: "authorization_granted", limit: 1 });
  if (grant === undefined) return undefined;
  const after = grant.sequence;
  return audit.count({ subjectId: model, operation: "authorization_revoked", after }) === 0
    ? grant
    : undefined;
}
