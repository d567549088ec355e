import { GovernanceAuditLog } from "quorumlog";
import { auditMatchers, fixedClock } from "quorumlog/testing";
import { expect, test } from "./runner.mts";
import { castVotes } from "./votes.mts";

expect.extend(auditMatchers);

test("the matchers find what was recorded, and say what was not", () => {
  const audit = new GovernanceAuditLog({ clock: fixedClock("2026-04-14T12:00:00Z") });
  castVotes(audit, 2);
  expect(audit).toHaveRecorded({ operation: "vote_cast", actorDid: "did:pqaid:bob" });
  expect(audit).toHaveRecordedInOrder([
    { operation: "vote_cast", details: { vote_id: "v0" } },
    { operation: "vote_cast", details: { vote_id: expect.any(String) } },
  ]);
  expect(audit).not.toHaveRecorded({ operation: "node_added" });
  expect(() => expect(audit).toHaveRecorded({ operation: "node_added" })).toThrow(/node_added/);
});
