// Compiled, not run: an app declares its operations by merging interfaces.
import { type AuditEntry, type EntryOf, GovernanceAuditLog } from "quorumlog";
import { expectTypeOf } from "vitest";

declare module "quorumlog" {
  interface OperationFields {
    quota_raised: {
      actorDid: string;
      decision: "granted" | "denied";
      details: { readonly tokens: number; readonly reason: string };
    };
    drill_held: { subjectId: string };
  }
}

export function narrowsToDeclared(entry: AuditEntry): void {
  if (entry.operation === "quota_raised") {
    expectTypeOf(entry.decision).toEqualTypeOf<"granted" | "denied" | undefined>();
    expectTypeOf(entry.details.tokens).toExtend<number | undefined>();
    expectTypeOf(entry.proposalId).toEqualTypeOf<string | undefined>();
    // @ts-expect-error a quota is never "approved"
    if (entry.decision === "approved") return;
  }
  if (entry.operation === "drill_held")
    expectTypeOf(entry.subjectId).toEqualTypeOf<string | undefined>();
  // @ts-expect-error this one was not declared
  if (entry.operation === "quota_lowered") return;
  // the eight operations are still there
  if (entry.operation === "vote_cast")
    expectTypeOf(entry.decision).toEqualTypeOf<"approve" | "reject" | "abstain" | undefined>();
}

export function findsDeclared(): EntryOf<"quota_raised"> | undefined {
  const audit = new GovernanceAuditLog();
  audit.log({
    operation: "quota_raised",
    actorDid: "did:alice",
    details: { tokens: 5, reason: "drill" },
  });
  const [entry] = audit.entries({ operation: "quota_raised" });
  if (entry === undefined) return undefined;
  expectTypeOf(entry.details.tokens).toExtend<number | undefined>();
  const { actorDid, decision, details } = entry;
  if (actorDid === undefined || decision === undefined) return undefined;
  if (details.tokens === undefined || details.reason === undefined) return undefined;
  return {
    ...entry,
    actorDid,
    decision,
    details: { tokens: details.tokens, reason: details.reason },
  };
}
