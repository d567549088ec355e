/**
 * An operation of the app's own: a node freezes a model at once, the federation confirms the freeze
 * by a vote, and the authorization is revoked. The declaration below gives types to the entries of
 * the operation.
 */
import { GovernanceAuditLog } from "quorumlog";
import { Ballot } from "./shared/ballot.ts";
import { short } from "./shared/in-words.ts";
import { alice, bob, carol, dave, FEDERATION } from "./shared/nodes.ts";

declare module "quorumlog" {
  interface OperationFields {
    model_frozen: {
      subjectId: string;
      actorDid: string;
      details: { readonly reason: string; readonly stopped_instances: number };
    };
  }
}

const audit = new GovernanceAuditLog();
const model = "did:pqaid:medical-ai-v2";

audit.logAuthorizationGranted({
  subjectId: model,
  kind: "authorize-model",
  proposalId: "urn:pqc-gov-prop:7f3a",
});

audit.log({
  operation: "model_frozen",
  subjectId: model,
  actorDid: dave.did,
  details: { reason: "unsafe dosage advice", stopped_instances: 3 },
});

const proposal = {
  proposalId: "urn:pqc-gov-prop:c04d",
  subjectId: model,
  kind: "emergency-freeze",
  proposerDid: dave.did,
  title: "Confirm the freeze of medical-ai-v2",
} as const;
const ballot = new Ballot(audit, FEDERATION, proposal);
for (const node of [dave, carol, bob, alice]) ballot.cast(node.did, "approve");
if (ballot.close(dave.did).decision === "passed") audit.logAuthorizationRevoked(proposal);

for (const entry of audit.entries({ subjectId: model, order: "oldest" })) {
  console.log(`#${entry.sequence} ${entry.operation} ${short(entry.actorDid)}`.trimEnd());
  if (entry.operation === "model_frozen")
    console.log(`   ${entry.details.stopped_instances} instances stopped: ${entry.details.reason}`);
}

await audit.shutdown();
