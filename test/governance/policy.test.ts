import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AuditError } from "../../src/errors.js";
import { type KindPolicy, type Policy, policyOf } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";
import { isValid } from "../fixtures/json-schema.js";
import { MODEL, TrailWriter } from "../fixtures/trail.js";

const SCHEMA = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../docs/schemas/policy.schema.json"), "utf8"),
);

/** Values that a member may have, and others, with where the fault is if not in the member. */
interface Values {
  readonly good: readonly unknown[];
  readonly bad: readonly (readonly [value: unknown, path?: string])[];
}

const SHARES: Values = {
  good: [1, 0.5, 1e-9, "2/3", "1/1", "999999999/999999999"],
  bad: [0, -1, 1.1, "", "0/3", "2/0", "2 / 3", "2/3/4", "0.5", "1e3/1e3", null, [], {}].map(
    (value) => [value],
  ),
};
const APPROVALS: Values = {
  good: [
    { share: "2/3", of: "total" },
    { share: 1, of: "cast" },
    { share: 0.5, of: "decided" },
    { weight: 4.5 },
  ],
  bad: [
    [4],
    [null],
    [[]],
    [{}, ".share"],
    [{ share: "2/3" }, ".of"],
    [{ of: "total" }, ".share"],
    [{ share: 2, of: "total" }, ".share"],
    [{ share: 1, of: "all" }, ".of"],
    [{ share: 1, of: "total", weight: 4 }, ".share"],
    [{ weight: 0 }, ".weight"],
    [{ weight: "4" }, ".weight"],
    [{ weight: 4, of: "total" }, ".of"],
  ],
};
const COUNTS: Values = {
  good: [0, 2, Number.MAX_SAFE_INTEGER],
  bad: [-1, 0.5, 2 ** 53, "2", true, null].map((value) => [value]),
};
const BOOLEANS: Values = { good: [true, false], bad: [[0], ["true"], [null]] };
const SECONDS: Values = { good: [0, 0.5, 86_400], bad: [[-1], ["60"], [null], [[1]]] };

const KIND: Readonly<Record<keyof KindPolicy, Values>> = {
  participation: SHARES,
  approval: APPROVALS,
  votes: COUNTS,
  humanApprovals: COUNTS,
  confersStanding: BOOLEANS,
  breakGlass: BOOLEANS,
};

const MEMBERS: Readonly<Record<keyof Policy, Values>> = {
  $schema: { good: ["./policy.schema.json"], bad: [[1], [null]] },
  participation: SHARES,
  approval: APPROVALS,
  kinds: {
    good: [{}, { "own-kind": {} }, { constructor: { votes: 2 } }],
    bad: [
      [null],
      [[]],
      ["x"],
      [{ "own-kind": 1 }, '["own-kind"]'],
      [{ k: { vote: 1 } }, ".k.vote"],
    ],
  },
  conflictingVotes: { good: ["exclude", "first", "last"], bad: [["none"], [1], [["first"]]] },
  changedVotes: { good: ["first", "last"], bad: [["exclude"], [null]] },
  membershipAt: { good: ["proposal", "vote", "decision"], bad: [["result"], [null]] },
  decideWithinSeconds: SECONDS,
  enactWithinSeconds: SECONDS,
  recordWithinSeconds: SECONDS,
  requiresAuthorization: {
    good: [[], ["model_invoked", "x"]],
    bad: [["model_invoked"], [null], [["a", ""], "[1]"], [[1], "[0]"]],
  },
  services: { good: [[], ["did:service"]], bad: [["did:service"], [[1], "[0]"], [null]] },
  since: {
    good: ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00.5+01:00", "1960-02-29T00:00:00Z"],
    bad: ["2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "now", "", 0, null].map(
      (value) => [value],
    ),
  },
  rules: {
    good: [{}, { "self-approval": "off", "quorum-unmet": "error", backdated: "info" }],
    bad: [
      [null],
      [[]],
      [{ backdated: "fatal" }, ".backdated"],
      [{ backdated: false }, ".backdated"],
    ],
  },
};

/** A policy with one value, and the path to what is wrong with it, if anything is. */
const EXAMPLES: readonly (readonly [policy: unknown, fault?: string])[] = [
  [{}],
  ...[null, [], "policy", 1, true].map((value) => [value, "policy"] as const),
  [{ vote: 1 }, "policy.vote"],
  [JSON.parse('{"__proto__":{}}'), "policy.__proto__"],
  ...examplesOf(MEMBERS, (name, value) => ({ [name]: value }), "policy"),
  ...examplesOf(
    KIND,
    (name, value) => ({ kinds: { "authorize-model": { [name]: value } } }),
    'policy.kinds["authorize-model"]',
  ),
];

function examplesOf(
  members: Readonly<Record<string, Values>>,
  policyWith: (name: string, value: unknown) => unknown,
  path: string,
): (readonly [policy: unknown, fault?: string])[] {
  return Object.entries(members).flatMap(([name, { good, bad }]) => [
    ...good.map((value) => [policyWith(name, value)] as const),
    ...bad.map(
      ([value, where = ""]) => [policyWith(name, value), `${path}.${name}${where}`] as const,
    ),
  ]);
}

describe("policyOf", () => {
  test.each(
    EXAMPLES.map(([policy, fault]) => [JSON.stringify(policy), fault ?? "accepted", policy]),
  )("%s: %s", (_, expected, policy) => {
    if (expected === "accepted") expect(policyOf(policy)).toEqual(policy);
    else
      expect(() => policyOf(policy)).toThrow(
        expect.objectContaining({ code: "invalid_options", field: expected }),
      );
  });

  test("gives a copy that nobody can change", () => {
    const given = {
      approval: { share: "2/3", of: "cast" },
      kinds: { k: { approval: { weight: 2 } } },
      requiresAuthorization: ["a"],
      rules: { backdated: "off" },
    };
    const policy = policyOf(given);
    expect(unfrozenIn(policy)).toEqual([]);
    given.kinds.k.approval.weight = 3;
    given.requiresAuthorization.push("b");
    expect([policy.kinds?.["k"]?.approval, policy.requiresAuthorization]).toEqual([
      { weight: 2 },
      ["a"],
    ]);
  });

  test("takes a member that is undefined for one that is absent", () => {
    expect(policyOf({ participation: undefined })).toEqual({});
    expect(() => policyOf({ approval: { weight: undefined } })).toThrow(
      expect.objectContaining({ field: "policy.approval.share" }),
    );
  });

  test("refuses nothing but with an AuditError, whatever the JSON", () => {
    const parts = EXAMPLES.flatMap(([policy]) => [policy, ...membersOf(policy)]);
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...parts));
    const names = fc.oneof(fc.constantFrom(...Object.keys(MEMBERS)), fc.string());
    const member = fc.oneof(value, fc.dictionary(fc.oneof(fc.string(), names), value));
    fc.assert(
      fc.property(fc.oneof(member, fc.dictionary(names, member)), (json) => {
        expect(verdictOf(json)).toBe(isValid(json, SCHEMA, SCHEMA));
      }),
    );
  });

  test("is asked by replay, which also refuses a rule that does not exist", () => {
    for (const [policy, field] of [
      [{ votes: 1 }, "policy.votes"],
      [{ rules: { "no-rule": "off" } }, 'policy.rules["no-rule"]'],
    ] as const)
      expect(() => replay([], { policy: policy as Policy })).toThrow(
        expect.objectContaining({ code: "invalid_options", field }),
      );
  });
});

test("a member that no policy has: the one that was meant, or all that there are", () => {
  const read = (policy: object) => () => policyOf(policy);
  expect(read({ partcipation: 1 })).toThrow("such a member; did you mean participation?");
  expect(read({ kinds: { k: { zzz: 1 } } })).toThrow(/such a member; expected .*participation, /);
});

describe("docs/schemas/policy.schema.json", () => {
  test("has the members of a policy", () => {
    expect(Object.keys(SCHEMA.properties).sort()).toEqual(Object.keys(MEMBERS).sort());
    expect(Object.keys(SCHEMA.$defs.kind.properties).sort()).toEqual(Object.keys(KIND).sort());
  });

  test("accepts and refuses what policyOf does", () => {
    const byPolicyOf = EXAMPLES.map(([policy]) => [policy, verdictOf(policy)]);
    expect(EXAMPLES.map(([policy]) => [policy, isValid(policy, SCHEMA, SCHEMA)])).toEqual(
      byPolicyOf,
    );
  });

  test("cannot say that a fraction is at most 1, and says so", () => {
    const policy = { participation: "4/3" };
    expect([verdictOf(policy), isValid(policy, SCHEMA, SCHEMA)]).toEqual([false, true]);
    expect(SCHEMA.$defs.share.description).toContain("this schema cannot say");
  });
});

test("a kind with the name of a member of every object is a kind like any other", () => {
  const trail = new TrailWriter("constructor").federation();
  trail.passed("p", { kind: "constructor", subject: MODEL });
  expect(replay(trail.entries).findings()).toEqual([]);
});

function verdictOf(policy: unknown): boolean {
  try {
    policyOf(policy);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AuditError);
    expect(error).toMatchObject({
      code: "invalid_options",
      field: expect.stringMatching(/^policy/),
    });
    return false;
  }
}

function membersOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function unfrozenIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return [...(Object.isFrozen(value) ? [] : [value]), ...membersOf(value).flatMap(unfrozenIn)];
}
