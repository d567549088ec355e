import { context, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { GovernanceAuditLog } from "quorumlog";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOGQL, withoutVariables } from "../../scripts/dashboard-queries.ts";
import { documentQueries } from "../../scripts/document-queries.ts";
import { Backends, describeBackends } from "./backends.ts";
import { contractOf } from "./loki-contract.ts";
import { sealedOf } from "./sealed-of.ts";

const SERVICE = "federation";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

describeBackends("Loki, about what a federation did", () => {
  let backends: Backends;

  beforeAll(async () => {
    backends = await Backends.start();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      const audit = backends.log(SERVICE);
      const spanContext = {
        traceId: TRACE_ID,
        spanId: "b7ad6b7169203331",
        traceFlags: TraceFlags.SAMPLED,
      };
      context.with(trace.setSpanContext(context.active(), spanContext), () => govern(audit));
      await audit.checkpoint();
      await audit.shutdown();
    } finally {
      context.disable();
    }
    await backends.hold(SERVICE, 12);
  });
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test("answers as memory does, whatever is asked", async () => {
    await contractOf(backends.reader(SERVICE), sealedOf(backends.journal(SERVICE)));
  });

  test.each([
    ["the event's name", 'event_name="governance.vote_cast"'],
    ["the severity", 'severity_number="17"'],
    ["the trace", `trace_id="${TRACE_ID}"`],
    ["an attribute", 'governance_actor_did="did:pqaid:eve"'],
    ["a detail", 'governance_details_total_weight="6"'],
  ])("finds a record by %s", async (_, filter) => {
    const stream = `{service_name="${SERVICE}"}`;
    expect(
      await backends.ask("query", `sum(count_over_time(${stream} | ${filter} [6h]))`),
    ).toHaveLength(1);
  });

  test.each(Object.entries(LOGQL))("has data for the dashboard: %s", async (_, { kind, expr }) => {
    const query = withoutVariables(expr, { service: SERVICE });
    expect(
      await backends.ask(kind === "instant" ? "query" : "query_range", query),
      query,
    ).not.toEqual([]);
  });

  test("understands each query of the documents", async () => {
    for (const query of documentQueries())
      await backends.ask("query_range", withoutVariables(query));
  });
});

/** Twelve entries, one of each kind that the dashboard shows at the least. */
function govern(audit: GovernanceAuditLog): void {
  const proposal = {
    proposalId: "urn:p:1",
    subjectId: "did:model:1",
    kind: "authorize-model",
  } as const;
  const other = {
    proposalId: "urn:p:2",
    subjectId: "did:model:2",
    kind: "authorize-model",
  } as const;
  const result = {
    signerDid: "did:pqaid:alice",
    reason: "quorum",
    abstainWeight: 0,
    totalWeight: 6,
    includedVoteIds: [],
  };
  audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
  audit.logProposalCreated({ ...proposal, proposerDid: "did:pqaid:alice", title: "one" });
  audit.logProposalCreated({ ...other, proposerDid: "did:pqaid:bob", title: "two" });
  audit.logProposalCreated({
    ...other,
    proposalId: "urn:p:3",
    proposerDid: "did:pqaid:bob",
    title: "three",
  });
  audit.logVoteCast({
    vote: { voteId: "v1", proposalId: "urn:p:1", voterDid: "did:pqaid:eve", decision: "approve" },
  });
  audit.logByzantineDetected({
    voterDid: "did:pqaid:eve",
    proposalId: "urn:p:1",
    priorDecision: "approve",
    conflictingDecision: "reject",
  });
  audit.logConsensusReached({
    ...result,
    proposalId: "urn:p:1",
    decision: "passed",
    approveWeight: 4,
    rejectWeight: 1,
  });
  audit.logConsensusReached({
    ...result,
    proposalId: "urn:p:2",
    decision: "rejected",
    approveWeight: 1,
    rejectWeight: 4,
  });
  audit.logAuthorizationGranted(proposal);
  audit.logNodeRemoved({ did: "did:pqaid:eve" });
  // as governanceMonitor records a violation
  audit.log({
    operation: "rule_violated",
    proposalId: "urn:p:1",
    subjectId: "did:model:1",
    details: { rule: "tally-mismatch", severity: "error", message: "weights", sequences: [6] },
  });
  audit.hold({ proposalId: "urn:p:1" }, "case 7");
}
