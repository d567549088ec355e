// The matchers in each runner that has `expect.extend`. `npm run test:install` compiles and runs it
// in a project that has the packed package: as it is with vitest 3, 4 and 5; with "@jest/globals"
// in place of "vitest" with jest 29 and 30; and without that import with the globals of
// @types/jest.
import { GovernanceAuditLog } from "quorumlog";
import { auditMatchers, type EntryExpectation } from "quorumlog/testing";
import { expect, test } from "vitest";

expect.extend(auditMatchers);

const audit = new GovernanceAuditLog();
audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
audit.logNodeRemoved({ did: "did:pqaid:eve" });

test("passes and fails", async () => {
  expect(audit).toHaveRecorded({
    operation: "node_added",
    actorDid: expect.stringContaining("eve"),
    details: { name: expect.any(String), weight: 1 },
  });
  const eve: EntryExpectation = { actorDid: expect.stringContaining("eve"), details: {} };
  expect(audit).toHaveRecordedInOrder([eve, eve]);
  expect(audit).not.toHaveRecordedInOrder([eve, eve, eve]);
  expect(audit).toHaveRecordedInOrder([{ operation: "node_added" }, { operation: "node_removed" }]);
  expect(audit).not.toHaveRecorded({ operation: "vote_cast" });
  const resolved: Promise<void> = expect(Promise.resolve(audit)).resolves.toHaveRecorded({});
  await resolved;
  await expect(Promise.resolve(audit)).resolves.not.toHaveRecorded({ operation: "vote_cast" });
  expect({ audit }).toEqual({ audit: expect.toHaveRecorded({ operation: "node_added" }) });
  expect(() => expect(audit).toHaveRecorded({ operation: "vote_cast" })).toThrow(
    'expected the audit log to hold an entry with\n  operation: "vote_cast"\nbut none of the 2',
  );
  expect(() => expect(audit).toHaveRecorded({ actorDid: expect.stringContaining("bob") })).toThrow(
    'actorDid: expected StringContaining "bob", got "did:pqaid:eve"',
  );
});

test("judges the trail", () => {
  const broken = new GovernanceAuditLog();
  broken.logAuthorizationGranted({ proposalId: "p", subjectId: "m", kind: "authorize-model" });
  expect(audit).toConform({ rules: { "member-change-without-proposal": "warning" } });
  expect(broken).not.toConform();
  expect(broken).toConform({ rules: { "grant-without-consensus": "warning" } });
  expect({ audit }).toEqual({ audit: expect.toConform() });
  expect(() => expect(broken).toConform()).toThrow("error grant-without-consensus, #0: ");
  // @ts-expect-error there is no such member
  expect(() => expect(audit).toConform({ quorum: 2 })).toThrow("policy.quorum");
});

test("refuses mistakes when it compiles, and when it runs", () => {
  // @ts-expect-error it is actorDid
  expect(() => expect(audit).toHaveRecorded({ actorDID: "did:pqaid:eve" })).toThrow("actorDid?");
  // @ts-expect-error a list is expected
  expect(() => expect(audit).toHaveRecordedInOrder({})).toThrow("expected an array");
});
