// Compiled, not run: an app declares its kinds by merging an interface, and names them in an option.
import { GovernanceAuditLog, type ProposalKind } from "quorumlog";
import { expectTypeOf } from "vitest";

declare module "quorumlog" {
  interface ProposalKinds {
    "retire-model": true;
  }
}

expectTypeOf<"retire-model">().toExtend<ProposalKind>();
expectTypeOf<"delegation">().toExtend<ProposalKind>();

export function declaredKind(audit: GovernanceAuditLog): void {
  const grant = { proposalId: "p1", subjectId: "m1" };
  const { kind } = audit.logAuthorizationGranted({ ...grant, kind: "retire-model" });
  expectTypeOf(kind).toEqualTypeOf<ProposalKind>();
  // @ts-expect-error this one was not declared
  audit.logAuthorizationGranted({ ...grant, kind: "retire-agent" });
  for (const proposal of audit.entries({ operation: "proposal_created", kind: "retire-model" })) {
    if (proposal.kind === "retire-model") return;
    // @ts-expect-error no kind has this name
    if (proposal.kind === "retire-agent") return;
  }
}

export const audit: GovernanceAuditLog = new GovernanceAuditLog({ kinds: ["retire-model"] });
