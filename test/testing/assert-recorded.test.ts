import { AssertionError } from "node:assert";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { Journal } from "../../src/journal/index.js";
import {
  assertNotRecorded,
  assertRecorded,
  assertRecordedInOrder,
  fixedClock,
} from "../../src/testing/index.js";
import { temporaryFolder } from "../fixtures/journal.js";

const BOB = "did:pqaid:bob";

/** #0 and #1 are votes of bob and carol, #2 is a result. */
function voted(): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({ clock: fixedClock() });
  for (const [voteId, voterDid] of [
    ["v1", BOB],
    ["v2", "did:pqaid:carol"],
  ] as const)
    audit.logVoteCast({ vote: { voteId, proposalId: "p1", voterDid, decision: "approve" } });
  audit.log({ operation: "consensus_reached", details: { tally: { weights: [1, 2], open: 0 } } });
  return audit;
}

/** What an assertion throws. */
function errorOf(assertion: () => unknown): AssertionError {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("the assertion passed");
}

describe("an assertion that holds", () => {
  test("returns the first entry that meets the expectation", () => {
    const audit = voted();
    expect(assertRecorded(audit, { operation: "vote_cast" })).toBe(audit.get(0));
    expect(assertRecorded(audit, { operation: "vote_cast", details: { vote_id: "v2" } })).toBe(
      audit.get(1),
    );
  });

  test("returns one entry for each expectation in order", () => {
    const audit = voted();
    const found = assertRecordedInOrder(audit, [{ actorDid: BOB }, { decision: undefined }]);
    expect(found.map(({ sequence }) => sequence)).toEqual([0, 2]);
  });

  test("returns nothing about what is not there", () => {
    expect(assertNotRecorded(voted(), { operation: "node_added" })).toBeUndefined();
  });

  test("takes a processor and a journal for a reader", () => {
    assertNotRecorded(new AuditLogProcessor(), {});
    const journal = Journal.open(`${temporaryFolder()}/governance.db`);
    const audit = new GovernanceAuditLog({ journal });
    audit.logNodeRemoved({ did: BOB });
    assertRecorded(journal, { actorDid: BOB });
    journal.close();
  });

  test("takes any object with asymmetricMatch for a value", () => {
    const even = { asymmetricMatch: (value: unknown) => Number(value) % 2 === 0 };
    assertRecorded(voted(), { details: { tally: { weights: [1, even] } } });
    assertNotRecorded(voted(), { details: { tally: { weights: [even, 2] } } });
  });
});

describe("an assertion that fails", () => {
  test("has the expectation, and the same part of the nearest entry, for the runner's diff", () => {
    const even = {
      asymmetricMatch: (value: unknown) => Number(value) % 2 === 0,
      toString: () => "Even",
    };
    const { actual, expected, operator, code } = errorOf(() =>
      assertRecorded(voted(), {
        operation: "consensus_reached",
        subjectId: undefined,
        details: { tally: { weights: [even, even, 3] }, reason: "quorum" },
      }),
    );
    expect({ operator, code }).toEqual({ operator: "assertRecorded", code: "ERR_ASSERTION" });
    expect(expected).toStrictEqual({
      operation: "consensus_reached",
      subjectId: undefined,
      details: { tally: { weights: ["Even", 2, 3] }, reason: "quorum" },
    });
    expect(actual).toStrictEqual({
      operation: "consensus_reached",
      subjectId: undefined,
      details: { tally: { weights: [1, 2, undefined] }, reason: undefined },
    });
  });

  test("has no actual side where the log is empty", () => {
    const { actual, expected } = errorOf(() =>
      assertRecorded(new GovernanceAuditLog(), { details: { open: expectNothing } }),
    );
    expect(actual).toBeUndefined();
    expect(expected).toEqual({ details: { open: "AsymmetricMatcher" } });
  });

  test("shows in order what was found, and the nearest to what was not", () => {
    const { actual, expected } = errorOf(() =>
      assertRecordedInOrder(voted(), [
        { operation: "vote_cast" },
        { operation: "vote_cast", actorDid: BOB },
        { operation: "node_removed" },
      ]),
    );
    expect(expected).toEqual([
      { operation: "vote_cast" },
      { operation: "vote_cast", actorDid: BOB },
      { operation: "node_removed" },
    ]);
    expect(actual).toEqual([
      { operation: "vote_cast" },
      { operation: "vote_cast", actorDid: "did:pqaid:carol" },
    ]);
  });

  test("shows the first few entries that should not be there", () => {
    const audit = voted();
    for (let weight = 0; weight < 5; weight++)
      audit.logNodeAdded({ did: BOB, name: "bob", weight });
    const { actual, expected, operator } = errorOf(() =>
      assertNotRecorded(audit, { operation: "node_added", details: { weight: expectAny } }),
    );
    expect(operator).toBe("assertNotRecorded");
    expect(expected).toEqual([]);
    expect(actual).toEqual(
      [0, 1, 2].map((weight) => ({ operation: "node_added", details: { weight } })),
    );
  });

  test("has a stack that begins at the test", () => {
    for (const assertion of [
      () => assertRecorded(voted(), { operation: "node_added" }),
      () => assertRecordedInOrder(voted(), [{ operation: "node_added" }]),
      () => assertNotRecorded(voted(), {}),
    ])
      expect(errorOf(assertion).stack?.match(/ {4}at .*/)?.[0]).toContain(import.meta.filename);
  });

  test("keeps what details call __proto__", () => {
    const audit = new GovernanceAuditLog();
    const details = JSON.parse('{"__proto__": {"a": 1}}');
    audit.log({ operation: "note", details });
    const { actual, expected } = errorOf(() =>
      assertRecorded(audit, { details: JSON.parse('{"__proto__": {"a": 2}}') }),
    );
    expect(JSON.stringify([actual, expected])).toBe(
      '[{"details":{"__proto__":{"a":1}}},{"details":{"__proto__":{"a":2}}}]',
    );
  });
});

test("the functions work in node:test, in a process that has no other runner", async () => {
  const program = new URL("programs/node-test.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...["--experimental-strip-types", "--disable-warning=ExperimentalWarning"],
    ...["--test-reporter=tap", program],
  ]);
  expect(stdout).toMatch(/^# pass 3$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});

const expectNothing = { asymmetricMatch: () => false };
const expectAny = { asymmetricMatch: () => true };
