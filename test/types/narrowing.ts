// Compiled, not run: entries narrow by their operation.
import { expectTypeOf } from "vitest";
import type {
  AuditEntry,
  AuditPage,
  AuditReader,
  ConsensusDecision,
  GovernanceAuditLog,
  JsonValue,
  ProposalKind,
  VoteDecision,
} from "../../src/index.js";

export function narrowsByIf(entry: AuditEntry): void {
  expectTypeOf(entry.proposalId).toEqualTypeOf<string | undefined>();
  expectTypeOf(entry.decision).toEqualTypeOf<string | undefined>();
  expectTypeOf(entry.timestamp).toEqualTypeOf<string>();
  expectTypeOf(entry.leafHash).toEqualTypeOf<string>();
  expectTypeOf(entry.recordedAt).toEqualTypeOf<string | undefined>();

  if (entry.operation === "vote_cast") {
    expectTypeOf(entry.decision).toEqualTypeOf<VoteDecision | undefined>();
    expectTypeOf(entry.details.vote_id).toExtend<string | undefined>();
  }
  if (entry.operation === "consensus_reached") {
    expectTypeOf(entry.decision).toEqualTypeOf<ConsensusDecision | undefined>();
    expectTypeOf(entry.details.vote_count).toExtend<number | undefined>();
  }
  if (entry.operation === "proposal_created" || entry.operation === "authorization_granted")
    expectTypeOf(entry.kind).toEqualTypeOf<ProposalKind | undefined>();
  if (entry.operation === "byzantine_detected")
    expectTypeOf(entry.details.prior_decision).toExtend<VoteDecision | undefined>();
  if (entry.operation === "node_added")
    expectTypeOf(entry.details.weight).toExtend<number | undefined>();
}

export function narrowsBySwitch(entry: AuditEntry): string | undefined {
  switch (entry.operation) {
    case "proposal_created":
      return entry.details.title;
    case "vote_cast":
      return entry.details.vote_id;
    case "consensus_reached":
      return entry.details.reason;
    case "byzantine_detected":
      return entry.details.conflicting_decision;
    case "node_added":
      return entry.details.name;
    case "node_removed":
    case "authorization_granted":
    case "authorization_revoked":
      return entry.actorDid;
    case "log_hold_set":
    case "log_pruned":
      return entry.details.reason;
    case "log_hold_released":
      return entry.details.hold_id;
  }
}

export function refusesMistakes(entry: AuditEntry): void {
  // @ts-expect-error no operation has this name
  if (entry.operation === "vote_casted") return;
  // @ts-expect-error a vote is never "passed"
  if (entry.operation === "vote_cast" && entry.decision === "passed") return;
  // @ts-expect-error entries are frozen
  entry.operation = "node_added";
  // @ts-expect-error their details too
  entry.details["forged"] = true;
  // @ts-expect-error a found entry may lack a column
  const proposalId: string = entry.proposalId;
  void proposalId;
}

export function detailsAreJson(entry: AuditEntry): JsonValue | undefined {
  return entry.details["anything"];
}

export function readersAgree(audit: GovernanceAuditLog): void {
  expectTypeOf(audit).toExtend<AuditReader>();
  expectTypeOf(audit).toExtend<AsyncDisposable>();
  expectTypeOf(audit.entries).returns.toEqualTypeOf<AuditEntry[]>();
  expectTypeOf(audit.page).returns.toEqualTypeOf<AuditPage>();
  expectTypeOf(audit.get).returns.toEqualTypeOf<AuditEntry | undefined>();
  expectTypeOf(audit.lines).returns.toExtend<Iterable<string>>();
  expectTypeOf(audit.count).returns.toEqualTypeOf<number>();
  audit.entries({ order: "oldest", since: new Date(), limit: undefined });
  // @ts-expect-error a count has no limit
  audit.count({ limit: 5 });
  // @ts-expect-error there is no such field
  audit.entries({ proposal_id: "p1" });
  // @ts-expect-error times are Dates
  audit.entries({ since: "2026-04-14" });
}
