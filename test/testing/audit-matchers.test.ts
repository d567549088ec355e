import { describe, expect, test } from "vitest";
import { AuditError, AuditLogProcessor, GovernanceAuditLog } from "../../src/index.js";
import { auditMatchers, type EntryExpectation, fixedClock } from "../../src/testing/index.js";

expect.extend(auditMatchers);

const PROPOSAL = "urn:pqc-gov-prop:7f3a";
const BOB = "did:pqaid:bob";

/** #0 a proposal, #1 carol approves, #2 bob approves, #3 passed. */
function decided(): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({ clock: fixedClock("2026-04-14T12:00:00Z", 1000) });
  audit.logProposalCreated({
    proposalId: PROPOSAL,
    subjectId: "did:pqaid:medical-ai-v2",
    kind: "authorize-model",
    proposerDid: "did:pqaid:alice",
    title: "Authorize medical-ai-v2",
  });
  vote(audit, "v1", "did:pqaid:carol");
  vote(audit, "v2", BOB);
  audit.log({
    operation: "consensus_reached",
    proposalId: PROPOSAL,
    decision: "passed",
    details: { tally: { approve: 2, weights: [1, 1] } },
  });
  return audit;
}

function vote(audit: GovernanceAuditLog, voteId: string, voterDid: string): void {
  audit.logVoteCast({ vote: { voteId, proposalId: PROPOSAL, voterDid, decision: "approve" } });
}

function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    if (error instanceof Error && !(error instanceof AuditError)) return error.message;
    throw error;
  }
  throw new Error("the assertion passed");
}

describe("toHaveRecorded", () => {
  test("passes for an entry that has the expected fields, whatever else it has", () => {
    expect(decided()).toHaveRecorded({ operation: "vote_cast", actorDid: BOB });
    expect(decided()).toHaveRecorded({ sequence: 3, timestamp: "2026-04-14T12:00:03.000Z" });
  });

  test("takes an entry for an expectation", () => {
    const audit = decided();
    const [entry] = audit.entries();
    if (entry === undefined) throw new Error("the log is empty");
    expect(audit).toHaveRecorded(entry);
    expect(decided()).not.toHaveRecorded(entry);
  });

  test("wants all fields in one entry", () => {
    expect(decided()).not.toHaveRecorded({ actorDid: BOB, details: { vote_id: "v1" } });
  });

  test("takes details as a subset at every depth, and arrays whole", () => {
    expect(decided()).toHaveRecorded({ details: { tally: { approve: 2 } } });
    expect(decided()).toHaveRecorded({ details: { tally: { weights: [1, 1] } } });
    expect(decided()).not.toHaveRecorded({ details: { tally: { weights: [1] } } });
    expect(decided()).not.toHaveRecorded({ details: { tally: { weights: [1, 1, 1] } } });
    expect(decided()).not.toHaveRecorded({ details: { tally: { weights: { 0: 1 } } } });
  });

  test("does not take an empty object for a value that is none", () => {
    expect(decided()).not.toHaveRecorded({ details: { vote_id: {} } });
  });

  test("does not find inherited members in details", () => {
    expect(decided()).not.toHaveRecorded({ details: { constructor: expect.anything() } });
  });

  test("takes undefined for absent, in details too", () => {
    expect(decided()).toHaveRecorded({ operation: "vote_cast", subjectId: undefined });
    expect(decided()).not.toHaveRecorded({ operation: "vote_cast", actorDid: undefined });
    expect(decided()).not.toHaveRecorded({
      operation: "vote_cast",
      details: { vote_id: undefined },
    });
    expect(decided()).toHaveRecorded({ operation: "vote_cast", details: { note: undefined } });
  });

  test("takes asymmetric matchers for any value", () => {
    expect(decided()).toHaveRecorded({
      operation: expect.stringMatching(/^vote/),
      actorDid: expect.stringContaining("bob"),
      details: expect.objectContaining({ vote_id: "v2" }),
    });
    expect(decided()).toHaveRecorded({
      details: { tally: { weights: expect.arrayContaining([1]) } },
    });
    expect(decided()).not.toHaveRecorded({ actorDid: expect.stringContaining("mallory") });
  });

  test("takes an empty expectation for any entry", () => {
    expect(decided()).toHaveRecorded({});
    expect(new GovernanceAuditLog()).not.toHaveRecorded({});
  });

  test("searches all that the log holds", () => {
    const audit = new GovernanceAuditLog();
    vote(audit, "first", BOB);
    for (let number = 0; number < 2500; number++) vote(audit, `v${number}`, "did:pqaid:carol");
    expect(audit).toHaveRecorded({ details: { vote_id: "first" } });
    expect(audit).toHaveRecorded({ details: { vote_id: "v2499" } });
  });

  test("searches a processor as well", () => {
    const processor = new AuditLogProcessor();
    expect(processor).not.toHaveRecorded({ operation: "vote_cast" });
  });

  test("shows the nearest entries and what is different about them", () => {
    const expected = { operation: "vote_cast", actorDid: BOB, details: { vote_id: "v9" } } as const;
    expect(messageOf(() => expect(decided()).toHaveRecorded(expected))).toBe(
      [
        "expected the audit log to hold an entry with",
        '  operation: "vote_cast"',
        '  actorDid: "did:pqaid:bob"',
        '  details: {"vote_id": "v9"}',
        "but none of the 4 entries that it holds does; the nearest:",
        "  #2 2026-04-14T12:00:02.000Z vote_cast: 2 of 3 as expected",
        '    details.vote_id: expected "v9", got "v2"',
        "  #1 2026-04-14T12:00:01.000Z vote_cast: 1 of 3 as expected",
        '    actorDid: expected "did:pqaid:bob", got "did:pqaid:carol"',
        '    details.vote_id: expected "v9", got "v1"',
        "  #3 2026-04-14T12:00:03.000Z consensus_reached: 0 of 3 as expected",
        '    operation: expected "vote_cast", got "consensus_reached"',
        '    actorDid: expected "did:pqaid:bob", got nothing',
        '    details.vote_id: expected "v9", got nothing',
      ].join("\n"),
    );
  });

  test("shows the path of a difference deep in the details, and asymmetric matchers by name", () => {
    const expected = { details: { tally: { approve: expect.any(String), weights: [1, 2] } } };
    const message = messageOf(() => expect(decided()).toHaveRecorded(expected));
    expect(message).toContain("details.tally.approve: expected Any<String>, got 2\n");
    expect(message).toContain("details.tally.weights[1]: expected 2, got 1\n");
  });

  test("says that the log is empty", () => {
    const message = messageOf(() =>
      expect(new GovernanceAuditLog()).toHaveRecorded({ operation: "vote_cast" }),
    );
    expect(message).toBe(
      'expected the audit log to hold an entry with\n  operation: "vote_cast"\nbut it holds none',
    );
  });

  test("says that older entries are gone", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 1 });
    vote(audit, "v1", BOB);
    vote(audit, "v2", BOB);
    expect(messageOf(() => expect(audit).toHaveRecorded({ details: { vote_id: "v1" } }))).toContain(
      "but none of the 1 entry that it holds (those before #1 are gone) does; the nearest:",
    );
  });

  test("keeps control characters and long values out of the message", () => {
    const audit = new GovernanceAuditLog();
    audit.log({ operation: "note", details: { text: `a\nb\u0000\u2028\u202e${"x".repeat(500)}` } });
    const message = messageOf(() => expect(audit).toHaveRecorded({ details: { text: "a\nb" } }));
    expect(message).toMatch(
      /details\.text: expected "a\\nb", got "a\\nb\\u0000\\u2028\\u202ex{150,200}…$/,
    );
    expect(message.split("\n")).toHaveLength(5);
  });

  test("shows each asymmetric matcher by name", () => {
    const matchers = {
      any: expect.any(Number),
      part: expect.objectContaining({ a: [1, null, { b: /x/ }] }),
      list: expect.arrayContaining(["b"]),
      pattern: expect.stringMatching(/^a/),
      own: { asymmetricMatch: () => false },
      named: { asymmetricMatch: () => false, toString: () => "Even" },
    };
    const message = messageOf(() => expect(decided()).toHaveRecorded({ details: matchers }));
    expect(message.match(/details\.\w+: expected .*(?=, got nothing)/g)?.slice(0, 6)).toEqual([
      "details.any: expected Any<Number>",
      'details.part: expected ObjectContaining {"a": [1, null, {"b": /x/}]}',
      'details.list: expected ArrayContaining ["b"]',
      "details.pattern: expected StringMatching /^a/",
      "details.own: expected AsymmetricMatcher",
      "details.named: expected Even",
    ]);
  });

  test("is an asymmetric matcher too", () => {
    expect({ audit: decided() }).toEqual({
      audit: expect.toHaveRecorded({ operation: "vote_cast", actorDid: BOB }),
    });
    expect({ audit: decided() }).not.toEqual({
      audit: expect.toHaveRecorded({ actorDid: "did:pqaid:mallory" }),
    });
  });

  test("shows under .not what is there", () => {
    const audit = decided();
    for (const id of ["v3", "v4"]) vote(audit, id, BOB);
    const expected = { operation: "vote_cast", actorDid: expect.any(String) } as const;
    expect(messageOf(() => expect(audit).not.toHaveRecorded(expected))).toBe(
      [
        "expected the audit log to hold no entry with",
        '  operation: "vote_cast"',
        "  actorDid: Any<String>",
        "but of the 6 entries that it holds, 4 do:",
        '  #1 2026-04-14T12:00:01.000Z vote_cast: actorDid: "did:pqaid:carol"',
        '  #2 2026-04-14T12:00:02.000Z vote_cast: actorDid: "did:pqaid:bob"',
        '  #4 2026-04-14T12:00:04.000Z vote_cast: actorDid: "did:pqaid:bob"',
        "  and 1 more",
      ].join("\n"),
    );
  });
});

describe("toHaveRecordedInOrder", () => {
  test("passes for entries in that order, with others between them", () => {
    expect(decided()).toHaveRecordedInOrder([
      { operation: "proposal_created" },
      { operation: "vote_cast", actorDid: BOB },
      { operation: "consensus_reached", decision: "passed" },
    ]);
  });

  test("wants an entry of its own for every expectation", () => {
    expect(decided()).toHaveRecordedInOrder([
      { operation: "vote_cast" },
      { operation: "vote_cast" },
    ]);
    expect(decided()).not.toHaveRecordedInOrder([{ actorDid: BOB }, { actorDid: BOB }]);
  });

  test("shows how far it came, and the nearest entries after that", () => {
    const steps = [
      { operation: "proposal_created" },
      { operation: "vote_cast", actorDid: BOB },
      { operation: "vote_cast", actorDid: "did:pqaid:carol" },
      { operation: "consensus_reached" },
    ] as const;
    expect(messageOf(() => expect(decided()).toHaveRecordedInOrder(steps))).toBe(
      [
        "expected the audit log to hold these entries in this order:",
        '  1. operation: "proposal_created"',
        "     found: #0 2026-04-14T12:00:00.000Z proposal_created",
        '  2. operation: "vote_cast", actorDid: "did:pqaid:bob"',
        "     found: #2 2026-04-14T12:00:02.000Z vote_cast",
        '  3. operation: "vote_cast", actorDid: "did:pqaid:carol"',
        "     NOT FOUND",
        '  4. operation: "consensus_reached"',
        "     not looked for",
        "#1 2026-04-14T12:00:01.000Z vote_cast would do, but is not after number 2",
        "but none of the 1 entry after #2 does; the nearest:",
        "  #3 2026-04-14T12:00:03.000Z consensus_reached: 0 of 2 as expected",
        '    operation: expected "vote_cast", got "consensus_reached"',
        '    actorDid: expected "did:pqaid:carol", got nothing',
      ].join("\n"),
    );
  });

  test("says that nothing comes after the last one that was found", () => {
    const steps = [{ operation: "consensus_reached" }, { operation: "vote_cast" }] as const;
    const message = messageOf(() => expect(decided()).toHaveRecordedInOrder(steps));
    expect(message).toContain(
      "#2 2026-04-14T12:00:02.000Z vote_cast would do, but is not after number 1",
    );
    expect(message).toContain("but it holds none after #3");
  });

  test("shows under .not which entries are there", () => {
    const steps = [{ operation: "proposal_created" }, { decision: "passed" }] as const;
    expect(messageOf(() => expect(decided()).not.toHaveRecordedInOrder(steps))).toBe(
      [
        "expected the audit log not to hold these entries in this order:",
        '  1. operation: "proposal_created"',
        "     found: #0 2026-04-14T12:00:00.000Z proposal_created",
        '  2. decision: "passed"',
        "     found: #3 2026-04-14T12:00:03.000Z consensus_reached",
      ].join("\n"),
    );
  });

  test.each([[[]], [undefined], [{ operation: "vote_cast" }]])("refuses %j for a list", (steps) => {
    const assertion = () =>
      expect(decided()).not.toHaveRecordedInOrder(steps as EntryExpectation[]);
    expect(assertion).toThrow(
      expect.objectContaining({ code: "invalid_query", field: "expectation" }),
    );
  });
});
