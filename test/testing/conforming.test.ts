import { AssertionError } from "node:assert";
import { describe, expect, test } from "vitest";
import type { Policy } from "../../src/governance/index.js";
import { GovernanceAuditLog } from "../../src/index.js";
import { assertConforms, auditMatchers } from "../../src/testing/index.js";
import { refusal } from "../fixtures/recorded-log.js";

expect.extend(auditMatchers);

/** #0 to #2: a founder, a proposal, and a grant that nobody decided. #3 is a break-glass. */
function broken(): GovernanceAuditLog {
  const audit = new GovernanceAuditLog();
  const subject = { subjectId: "did:model", kind: "authorize-model", proposalId: "p1" } as const;
  audit.logNodeAdded({ did: "did:bob", name: "bob", weight: 1 });
  audit.logProposalCreated({ ...subject, proposerDid: "did:bob", title: "run it" });
  audit.logAuthorizationGranted(subject);
  audit.logAuthorizationRevoked({ ...subject, kind: "emergency-freeze", proposalId: "none" });
  return audit;
}

/** What both ways to ask say; they must say the same. Undefined if the trail conforms. */
function saidOf(audit: GovernanceAuditLog, policy?: Policy): string | undefined {
  const [said, asserted] = [
    () => expect(audit).toConform(policy),
    () => assertConforms(audit, policy),
  ].map((ask) => {
    try {
      ask();
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  });
  expect(asserted).toBe(said);
  return said;
}

const AS_WARNING: Policy = { rules: { "grant-without-consensus": "warning" } };

describe("a trail conforms", () => {
  test("if it violates no rule of severity error", () => {
    expect(saidOf(new GovernanceAuditLog())).toBeUndefined();
    expect(saidOf(broken(), AS_WARNING)).toBeUndefined();
  });

  test("if the policy turns the rules off that it violates", () => {
    const off = { "grant-without-consensus": "off", "revoke-without-consensus": "off" } as const;
    expect(saidOf(broken(), { rules: off })).toBeUndefined();
  });

  test("or else all its violations are told, with their entries", () => {
    expect(saidOf(broken())?.replaceAll(/(#\d): .*/g, "$1")).toBe(
      [
        "expected the trail not to break a rule of severity error",
        "but of the 4 entries that it holds, these are the violations:",
        "  error grant-without-consensus, #2",
        "  warning revoke-without-consensus, #3",
      ].join("\n"),
    );
  });

  test("and a test that wants an error is told when there is none", () => {
    expect(() => expect(broken()).not.toConform(AS_WARNING)).toThrow(
      "expected the trail to break a rule of severity error\n" +
        "but of the 4 entries that it holds, these are the violations:\n  warning grant-without",
    );
    expect(() => expect(new GovernanceAuditLog()).not.toConform()).toThrow("break none");
    expect(broken()).not.toConform();
  });
});

test("the assertion has the violations for the runner's diff", () => {
  const error = (() => {
    try {
      assertConforms(broken());
    } catch (thrown) {
      return thrown as AssertionError;
    }
    return expect.fail("the assertion passed");
  })();
  expect(error).toBeInstanceOf(AssertionError);
  expect(error.actual).toMatchObject([{ sequences: [2] }, { sequences: [3] }]);
});

test("a message shows twenty violations, and how many more there are", () => {
  const audit = new GovernanceAuditLog();
  for (let index = 0; index < 22; index++)
    audit.logAuthorizationGranted({ subjectId: "m", kind: "authorize-model", proposalId: "p" });
  expect(saidOf(audit)?.split("\n")).toHaveLength(2 + 20 + 1);
  expect(saidOf(audit)).toMatch(/\n {2}and 2 more$/);
});

test("a message shows an error before the many warnings that came earlier", () => {
  const audit = new GovernanceAuditLog();
  const subject = { subjectId: "m", kind: "authorize-model", proposalId: "p" } as const;
  for (let index = 0; index < 22; index++)
    audit.logAuthorizationRevoked({ ...subject, kind: "emergency-freeze" });
  audit.logAuthorizationGranted(subject);
  expect(saidOf(audit)?.split("\n")[2]).toMatch(/^ {2}error grant-without-consensus, #22:/);
});

test("a policy that cannot be, and what is no reader, are refused, also under not", () => {
  const audit = new GovernanceAuditLog();
  const wrong = { quorum: 2 } as Policy;
  for (const ask of [
    () => expect(audit).toConform(wrong),
    () => expect(audit).not.toConform(wrong),
    () => assertConforms(audit, wrong),
  ])
    expect(refusal(ask)).toMatchObject({ code: "invalid_options", field: "policy.quorum" });
  expect(refusal(() => expect([]).not.toConform()).code).toBe("invalid_query");
});
