// The functions in node:test. `npm run test:install` compiles and runs it in a project that has the
// packed package, and neither vitest nor jest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GovernanceAuditLog } from "quorumlog";
import {
  assertConforms,
  assertNotRecorded,
  assertRecorded,
  assertRecordedInOrder,
} from "quorumlog/testing";

const audit = new GovernanceAuditLog();
audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
audit.logNodeRemoved({ did: "did:pqaid:eve" });

test("passes and fails", () => {
  const entry = assertRecorded(audit, { operation: "node_added", details: { weight: 1 } });
  assert.equal(entry.sequence, 0);
  assertRecordedInOrder(audit, [{ operation: "node_added" }, { operation: "node_removed" }]);
  assertNotRecorded(audit, { operation: "vote_cast" });
  assert.throws(() => assertRecorded(audit, { operation: "vote_cast" }), {
    name: "AssertionError",
    message: /^expected the audit log to hold an entry with\n {2}operation: "vote_cast"\nbut none/,
    expected: { operation: "vote_cast" },
    actual: { operation: "node_removed" },
  });
});

test("judges the trail", () => {
  const broken = new GovernanceAuditLog();
  broken.logAuthorizationGranted({ proposalId: "p", subjectId: "m", kind: "authorize-model" });
  assertConforms(audit);
  assert.throws(() => assertConforms(broken), {
    name: "AssertionError",
    message: /error grant-without-consensus, #0: /,
  });
});

test("refuses mistakes when it compiles, and when it runs", () => {
  // @ts-expect-error it is actorDid
  assert.throws(() => assertRecorded(audit, { actorDID: "did:pqaid:eve" }), {
    code: "invalid_query",
  });
  // @ts-expect-error a list is expected
  assert.throws(() => assertRecordedInOrder(audit, {}), { code: "invalid_query" });
});
