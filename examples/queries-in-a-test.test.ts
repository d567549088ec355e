/**
 * How an app tests that it records the right entries: with matchers, a fixed clock, and queries.
 */
import { GovernanceAuditLog } from "quorumlog";
import { auditMatchers, fixedClock } from "quorumlog/testing";
import { expect, test } from "vitest";
import { Ballot } from "./shared/ballot.ts";
import { alice, bob, carol, dave, eve, FEDERATION } from "./shared/nodes.ts";

expect.extend(auditMatchers);

const PROPOSAL = {
  proposalId: "urn:pqc-gov-prop:7f3a",
  subjectId: "did:pqaid:medical-ai-v2",
  kind: "authorize-model",
  proposerDid: alice.did,
  title: "Authorize medical-ai-v2",
} as const;

function openBallot() {
  const audit = new GovernanceAuditLog({ clock: fixedClock("2026-04-14T12:00:00Z", 1000) });
  return { audit, ballot: new Ballot(audit, FEDERATION, PROPOSAL) };
}

test("a proposal passes with two thirds of all weight", () => {
  const { audit, ballot } = openBallot();
  for (const node of [alice, bob, dave]) ballot.cast(node.did, "approve");
  ballot.close(alice.did);
  expect(audit).toHaveRecordedInOrder([
    { operation: "proposal_created", actorDid: alice.did },
    { operation: "vote_cast", actorDid: dave.did, decision: "approve" },
    {
      operation: "consensus_reached",
      decision: "passed",
      details: { approve_weight: 4, total_weight: 6 },
    },
  ]);
  expect(audit).not.toHaveRecorded({ operation: "byzantine_detected" });
});

test("a voter with two answers is recorded, and neither answer counts", () => {
  const { audit, ballot } = openBallot();
  for (const node of [alice, bob, carol, eve]) ballot.cast(node.did, "approve");
  ballot.cast(eve.did, "reject");
  ballot.close(alice.did);
  expect(audit).toHaveRecorded({
    operation: "byzantine_detected",
    actorDid: eve.did,
    details: { prior_decision: "approve", conflicting_decision: "reject" },
  });
  expect(audit).toHaveRecorded({
    operation: "consensus_reached",
    decision: "rejected",
    details: { vote_count: 3, reason: expect.stringContaining("weight 3 of 6") },
  });
});

test("a voter's answers can be queried by time", () => {
  const { audit, ballot } = openBallot();
  for (const node of [alice, bob, carol]) ballot.cast(node.did, "approve");
  const votes = audit.entries({
    operation: "vote_cast",
    since: new Date("2026-04-14T12:00:02Z"),
    order: "oldest",
  });
  expect(votes.map((vote) => vote.actorDid)).toEqual([bob.did, carol.did]);
});
