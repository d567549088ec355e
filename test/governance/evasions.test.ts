import { describe, expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Finding } from "../../src/governance/facts/finding.js";
import type { Policy } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";
import { MODEL, type More, type ResultWeights, TrailWriter } from "../fixtures/trail.js";

/** The rules that a trail violates, by the entry that offends. */
function violated(write: (trail: TrailWriter) => unknown, policy: Policy = {}): string[] {
  const trail = new TrailWriter().federation();
  write(trail);
  return replay(trail.entries, { policy })
    .findings()
    .filter(({ status }) => status === "violated")
    .map(({ rule, sequences }) => `${rule} ${sequences.at(-1)}`);
}

function found(write: (trail: TrailWriter) => unknown, rule: string, policy: Policy = {}) {
  const trail = new TrailWriter().federation();
  write(trail);
  return replay(trail.entries, { policy })
    .findings()
    .filter((finding: Finding) => finding.rule === rule);
}

test("a result of a proposal that nobody made authorizes nothing", () => {
  const write = (t: TrailWriter) => [t.result("p", "passed", { approve: 3 }), t.grant("p")];
  expect(violated(write)).toContain("grant-without-consensus 5");
  const later = (t: TrailWriter) => [
    t.result("p", "passed", { approve: 0 }),
    t.propose("p"),
    t.grant("p"),
  ];
  expect(violated(later)).toContain("grant-without-consensus 6");
});

test("a decision authorizes once, and not again after a freeze", () => {
  const again = (t: TrailWriter) => [
    t.passed("p"),
    t.grant("p"),
    t.passed("f", { kind: "emergency-freeze" }),
    t.revoke("f", { kind: "emergency-freeze" }),
    t.grant("p"),
  ];
  expect(violated(again)).toEqual(["grant-without-consensus 16"]);
  const trail = new TrailWriter().federation();
  again(trail);
  expect(replay(trail.entries).subject(MODEL).authorizations.at(-1)).toMatchObject({
    isValid: "no",
  });
});

test("a freeze, of its subject or of everything, ends what was decided and not carried out", () => {
  for (const subject of [MODEL, "*"]) {
    const freeze = { kind: "emergency-freeze", subject };
    const write = (t: TrailWriter) => [t.passed("p"), t.revoke("f", freeze), t.grant("p")];
    expect(violated(write)).toContain("grant-without-consensus 10");
    const trail = new TrailWriter().federation();
    write(trail);
    const { authorized, authorizations } = replay(trail.entries).subject(MODEL);
    expect([authorized, authorizations[0]?.isValid]).toEqual(["yes", "no"]);
  }
  const other = (t: TrailWriter) => [
    t.passed("p"),
    t.revoke("f", { kind: "emergency-freeze", subject: "did:pqaid:other" }),
    t.grant("p"),
  ];
  expect(violated(other)).not.toContain("grant-without-consensus 10");
});

test("a freeze ends what was voted before it, also where the result comes later", () => {
  for (const subject of [MODEL, "*"]) {
    const freeze = { kind: "emergency-freeze", subject };
    const held = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.revoke("f", freeze),
      t.vote("p", "carol"),
      t.result("p", "passed", { approve: 2 }),
      t.grant("p"),
    ];
    expect(found(held, "grant-without-consensus")).toMatchObject([
      { status: "violated", sequences: [4, 6, 9] },
    ]);
    const trail = new TrailWriter().federation();
    held(trail);
    expect(replay(trail.entries).subject(MODEL).authorizations[0]?.isValid).toBe("no");
    const anew = (t: TrailWriter) => [held(t), t.passed("q"), t.grant("q")];
    expect(found(anew, "grant-without-consensus")).toHaveLength(1);
  }
});

test("a node comes or goes by a proposal about it, once", () => {
  expect(violated((t) => [t.passed("p"), t.node("mallory", 100, "p")])).toEqual([
    "member-change-without-proposal 9",
  ]);
  const twice = (t: TrailWriter) => [
    t.passed("p", { kind: "add-node", subject: "eve" }),
    t.node("eve", 1, "p"),
    t.node("eve", 100, "p"),
  ];
  expect(violated(twice)).toEqual(["member-change-without-proposal 10"]);
});

test("a revocation rests on a decision to stop its subject", () => {
  const other = (t: TrailWriter) => [
    t.passed("p"),
    t.grant("p"),
    t.passed("q", { kind: "revoke-model", subject: "did:pqaid:other" }),
    t.revoke("q"),
  ];
  expect(violated(other)).toEqual(["revoke-without-consensus 15"]);
});

test("nothing approved is no quorum, whatever threshold the result names", () => {
  const write = (t: TrailWriter) => [t.propose("p"), t.result("p", "passed", {}, { threshold: 0 })];
  expect(violated(write)).toEqual(["quorum-unmet 5"]);
});

test("nothing approved passes nothing, whatever else says what passes a proposal", () => {
  const rejected = (t: TrailWriter) => [
    t.propose("p"),
    t.vote("p", "bob", "reject"),
    t.result("p", "passed", { reject: 1 }),
    t.grant("p"),
  ];
  const nobody = (t: TrailWriter) => [t.propose("p"), t.result("p", "passed"), t.grant("p")];
  const policies: readonly Policy[] = [
    {},
    { approval: { weight: 1 } },
    { rules: { "tally-mismatch": "off" } },
  ];
  for (const policy of policies) {
    expect(violated(rejected, policy)).toEqual(["quorum-unmet 6"]);
    expect(violated(nobody, policy)).toEqual(["quorum-unmet 5"]);
  }
  const trail = new TrailWriter().federation();
  nobody(trail);
  expect(replay(trail.entries).subject(MODEL).authorizations[0]?.isValid).toBe("no");
  // what states no weights is not judged by them
  const unknown = (t: TrailWriter) => [
    t.propose("p"),
    t.act("consensus_reached", { proposalId: "p", decision: "passed" }, { reason: "imported" }),
  ];
  expect(violated(unknown)).toEqual([]);
});

test("an entry that is dated back before the policy is judged by it", () => {
  const write = (t: TrailWriter) =>
    t.act(
      "authorization_granted",
      { proposalId: "p", subjectId: MODEL, kind: "authorize-model" },
      {},
      new Date("2020-01-01"),
    );
  expect(violated(write, { since: "2026-01-01T00:00:00Z" })).toEqual(["grant-without-consensus 4"]);
});

test("weights of any size are compared as they are", () => {
  const huge = (t: TrailWriter) => [
    t.propose("p"),
    t.result("p", "passed", { approve: 1, total: 1e308 }),
  ];
  expect(violated(huge, { approval: { share: "2/3", of: "total" } })).toContain("quorum-unmet 5");
  const trail = new TrailWriter();
  trail.signer = "b";
  trail.node("a", 1e17);
  trail.node("b", 1);
  trail.node("a", 1);
  trail.propose("p", { by: "a" });
  trail.vote("p", "b");
  trail.result("p", "passed", { approve: 1, total: 2 });
  expect(replay(trail.entries).findings()).toEqual([
    expect.objectContaining({ rule: "not-enacted", status: "pending" }),
  ]);
  const stake = (t: TrailWriter) => [
    t.propose("p", { threshold: 2_000_000_002 }),
    t.result("p", "passed", { approve: 2_000_000_000, total: 2_000_000_002 }),
  ];
  expect(violated(stake)).toContain("quorum-unmet 5");
});

describe("a flag", () => {
  const POLICY: Policy = { approval: { share: "2/3", of: "decided" }, participation: "1/2" };
  /** Bob and carol approve, dave rejects; the result counts what it is given. */
  const flagged =
    (flag: (t: TrailWriter) => unknown, weights: Partial<ResultWeights>, more: More = {}) =>
    (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol"),
      t.vote("p", "dave", "reject"),
      flag(t),
      t.result("p", "passed", weights, more),
      t.grant("p"),
    ];
  const decisions = (...given: string[]) => ({
    ...(given[0] === undefined ? {} : { prior_decision: given[0] }),
    ...(given[1] === undefined ? {} : { conflicting_decision: given[1] }),
  });
  const flagOf =
    (...given: string[]) =>
    (t: TrailWriter) =>
      t.act("byzantine_detected", { proposalId: "p", actorDid: "dave" }, decisions(...given));
  const strict: Policy = { ...POLICY, approval: { share: "3/4", of: "decided" } };
  const statuses = (write: (t: TrailWriter) => unknown, policy: Policy) =>
    ["tally-mismatch", "quorum-unmet"].map((rule) => found(write, rule, policy)[0]?.status);

  test("of two equal decisions, or of none, takes no vote away", () => {
    for (const given of [["reject", "reject"], ["reject"], []])
      for (const conflictingVotes of ["exclude", undefined] as const) {
        const policy: Policy =
          conflictingVotes === undefined ? strict : { ...strict, conflictingVotes };
        const silenced = flagged(flagOf(...given), { approve: 2 });
        expect(violated(silenced, policy)).toEqual([
          "flag-without-double-vote 8",
          "tally-mismatch 9",
          "quorum-unmet 9",
        ]);
        const named = flagged(
          flagOf(...given),
          { approve: 2 },
          { included_vote_ids: ["p-5", "p-6"] },
        );
        expect(violated(named, policy)).toContain("tally-mismatch 9");
        const honest = flagged(flagOf(...given), { approve: 2, reject: 1 });
        expect(violated(honest, { ...POLICY, ...policy, approval: { weight: 2 } })).toEqual([
          "flag-without-double-vote 8",
        ]);
      }
    const trail = new TrailWriter().federation();
    flagged(flagOf("reject", "reject"), { approve: 2 })(trail);
    const replayed = replay(trail.entries, { policy: strict });
    expect(replayed.subject(MODEL).authorizations[0]?.isValid).toBe("no");
    expect(replayed.proposal("p")?.dissent).toMatchObject([{ voter: "dave", isFlagged: false }]);
  });

  test("whose second vote is not in the log leaves a result that depends on it undetermined", () => {
    const claim = flagOf("reject", "approve");
    const excluding: Policy = { ...strict, conflictingVotes: "exclude" };
    for (const policy of [strict, excluding])
      expect(statuses(flagged(claim, { approve: 2 }), policy)).toEqual([
        "undetermined",
        "undetermined",
      ]);
    const named = { included_vote_ids: ["p-5", "p-6"] };
    expect(statuses(flagged(claim, { approve: 2 }, named), strict)).toEqual([
      "undetermined",
      "undetermined",
    ]);
    // counted: right where the flag is false, and where the policy lets a flagged voter count
    const counted = flagged(claim, { approve: 2, reject: 1 });
    expect(statuses(counted, strict)).toEqual([undefined, "violated"]);
    expect(statuses(counted, excluding)).toEqual(["undetermined", "violated"]);
    const all = { included_vote_ids: ["p-5", "p-6", "p-7"] };
    expect(statuses(flagged(claim, { approve: 2, reject: 1 }, all), excluding)[0]).toBe(
      "undetermined",
    );
    // neither gives the result
    expect(statuses(flagged(claim, { approve: 3 }), excluding)[0]).toBe("violated");
    const trail = new TrailWriter().federation();
    flagged(claim, { approve: 2 })(trail);
    expect(
      replay(trail.entries, { policy: strict }).subject(MODEL).authorizations[0]?.isValid,
    ).toBe("unknown");
  });

  test("takes the votes away that it names, where the log holds both before the result", () => {
    const both = (t: TrailWriter) => [t.vote("p", "dave"), flagOf("reject", "approve")(t)];
    const policy: Policy = { ...strict, conflictingVotes: "exclude" };
    expect(violated(flagged(both, { approve: 2 }), policy)).toEqual([]);
    const later = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol"),
      t.vote("p", "dave", "reject"),
      flagOf("reject", "approve")(t),
      t.result("p", "passed", { approve: 2 }),
      t.vote("p", "dave"),
    ];
    expect(statuses(later, policy)).toEqual(["undetermined", "undetermined"]);
  });
});

test("what is missing at the end of a log counts as missing", () => {
  const trail = new TrailWriter().federation();
  trail.passed("p");
  trail.grant("p");
  const all = replay(trail.entries, { length: 10 });
  expect([all.isComplete, all.subject(MODEL).authorized]).toEqual([true, "yes"]);
  const none = replay([], { length: 10 });
  expect([none.isComplete, none.subject(MODEL).authorized]).toEqual([false, "unknown"]);
  const cut = replay(trail.entries, { length: 11 });
  expect([cut.isComplete, cut.subject(MODEL).authorized]).toEqual([false, "unknown"]);
  const told = [none, cut].flatMap((trail) =>
    trail.findings().filter(({ rule }) => rule === "history-missing"),
  );
  expect(told).toMatchObject([
    { sequences: [], message: "10 entries missing: all that the trail had" },
    { sequences: [9], message: "1 entry missing at the end, after entry 9" },
  ]);
});

describe("a result that names the votes that it counts", () => {
  const ids = (...included_vote_ids: string[]) => ({ included_vote_ids });

  test("leaves out no recorded vote that is in time and of a member", () => {
    const write = (t: TrailWriter) => [
      t.propose("p", { threshold: 1 }),
      t.vote("p", "bob"),
      t.vote("p", "carol", "reject"),
      t.vote("p", "dave", "reject"),
      t.result("p", "passed", { approve: 1 }, ids("p-5")),
    ];
    expect(violated(write)).toEqual(["tally-mismatch 8"]);
    expect(found(write, "tally-mismatch")).toMatchObject([{ sequences: [6, 7, 8] }]);
    const decided: Policy = { approval: { share: "2/3", of: "decided" } };
    const noThreshold = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol", "reject"),
      t.result("p", "passed", { approve: 1 }, ids("p-5")),
    ];
    expect(violated(noThreshold, decided)).toEqual(["tally-mismatch 7", "quorum-unmet 7"]);
  });

  test("may leave out votes that are late, of strangers, or of a voter who was flagged", () => {
    const write = (t: TrailWriter) => [
      t.propose("p", { expires_at: t.timeOf(8).toISOString() }),
      t.vote("p", "bob"),
      t.vote("p", "mallory", "reject"),
      t.vote("p", "carol"),
      t.vote("p", "carol", "reject"),
      t.flag("p", "carol"),
      t.vote("p", "dave", "reject"),
      t.result("p", "rejected", { approve: 1 }, ids("p-5")),
    ];
    expect(violated(write)).toEqual(["vote-by-nonmember 6", "late-vote 10"]);
    expect(violated(write, { conflictingVotes: "exclude" })).toHaveLength(2);
  });

  test("counts of a flagged voter, and of one who voted again, what the policy says", () => {
    const flagged = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol"),
      t.vote("p", "carol", "reject"),
      t.flag("p", "carol"),
      t.result("p", "passed", { approve: 2 }, ids("p-5", "p-6")),
    ];
    expect(violated(flagged, { conflictingVotes: "first" })).toEqual([]);
    for (const conflictingVotes of ["exclude", "last"] as const)
      expect(violated(flagged, { conflictingVotes })).toEqual(["tally-mismatch 9"]);
    const again = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "bob", "abstain"),
      t.flag("p", "carol"),
      t.result("p", "rejected", { approve: 1 }, ids("p-5")),
    ];
    expect(violated(again, { changedVotes: "last" })).toContain("tally-mismatch 8");
    expect(violated(again, { changedVotes: "first" })).not.toContain("tally-mismatch 8");
  });

  test("is undetermined where the trail does not show whether the vote counts", () => {
    const write = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol", "reject", { cast_at: t.timeOf(99).toISOString() }),
      t.result("p", "passed", { approve: 1 }, ids("p-5")),
    ];
    expect(found(write, "tally-mismatch")).toMatchObject([
      { status: "undetermined", sequences: [6, 7] },
    ]);
    const trail = new TrailWriter();
    trail.propose("p");
    trail.vote("p", "bob");
    trail.vote("p", "carol", "reject");
    trail.result("p", "passed", { approve: 1 }, ids("p-1"));
    expect(
      replay(trail.entries)
        .findings()
        .filter(({ rule }) => rule === "tally-mismatch"),
    ).toMatchObject([{ status: "undetermined", sequences: [2, 3] }]);
  });

  test("has as many ids as votes", () => {
    const write = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }, { ...ids("p-5"), vote_count: 3 }),
    ];
    expect(violated(write)).toEqual(["tally-mismatch 6"]);
  });
});

describe("a quorum", () => {
  test("that the policy asks for is not replaced by a lower threshold of the result", () => {
    const write = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }, { threshold: 1 }),
    ];
    const policy: Policy = { approval: { share: "2/3", of: "total" } };
    expect(violated(write, policy)).toEqual(["quorum-unmet 6"]);
    expect(violated(write, { approval: { weight: 1 } })).toEqual([]);
    const higher = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }, { threshold: 2 }),
    ];
    expect(violated(higher, { approval: { weight: 1 } })).toEqual(["quorum-unmet 6"]);
  });

  test("of a threshold that is not over 0 is none: it does not replace the policy", () => {
    const zero = (threshold: number) => (t: TrailWriter) => [
      t.propose("p", { threshold }),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }),
    ];
    expect(violated(zero(0), { approval: { weight: 2 } })).toEqual(["quorum-unmet 6"]);
    expect(violated(zero(0), { approval: { weight: 1 } })).toEqual([]);
    expect(found(zero(0), "quorum-unmet")).toEqual([
      expect.objectContaining({
        status: "undetermined",
        message: "the threshold 0 says nothing about what passes a proposal, nor does the policy",
      }),
    ]);
    const inResult = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }, { threshold: 0 }),
    ];
    expect(found(inResult, "quorum-unmet")).toMatchObject([{ status: "undetermined" }]);
    const own = (t: TrailWriter) => [
      t.propose("p", { threshold: 0 }),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }, { threshold: 2 }),
    ];
    expect(violated(own)).toEqual(["quorum-unmet 6"]);
    const negative = foreign(
      (t) => [t.propose("p"), t.vote("p", "bob"), t.result("p", "passed", { approve: 1 })],
      4,
      { details: { threshold: -5 } },
    );
    expect(ruleIn(negative, "quorum-unmet")).toEqual([["undetermined", 6]]);
  });

  test("is that of its proposal, where the votes came after it", () => {
    const policy: Policy = { approval: { weight: 2 } };
    const before = (t: TrailWriter) => [
      t.propose("p", { threshold: 1 }),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 1 }),
    ];
    expect(violated(before, policy)).toEqual([]);
    const after = (t: TrailWriter) => [
      t.vote("p", "bob"),
      t.propose("p", { threshold: 1 }),
      t.result("p", "passed", { approve: 1 }),
    ];
    expect(violated(after, policy)).toContain("quorum-unmet 6");
  });

  test("of votes counts each member once, whatever number the result records", () => {
    const policy: Policy = { kinds: { "authorize-model": { votes: 2 } } };
    const write =
      (...voters: string[]) =>
      (t: TrailWriter) => [
        t.propose("p"),
        ...voters.map((voter) => t.vote("p", voter)),
        t.result("p", "passed", { approve: 1 }, { vote_count: 2 }),
      ];
    expect(violated(write("bob", "bob"), policy)).toEqual(["quorum-unmet 7"]);
    expect(violated(write("bob", "mallory"), policy)).toContain("quorum-unmet 7");
    expect(violated(write("bob", "carol"), policy)).not.toContain("quorum-unmet 7");
  });

  test("that the recorded votes miss is not met, whatever weights the result claims", () => {
    const write = (t: TrailWriter) => [
      t.propose("p", { threshold: 3 }),
      t.vote("p", "bob"),
      t.result("p", "passed", { approve: 3 }),
    ];
    expect(violated(write)).toEqual(["tally-mismatch 6", "quorum-unmet 6"]);
    const trail = new TrailWriter().federation();
    write(trail);
    expect(replay(trail.entries).proposal("p")?.quorum).toMatchObject({ status: "violated" });
  });
});

describe("human approvals", () => {
  const policy: Policy = { kinds: { "authorize-model": { humanApprovals: 2 } } };
  const human = { actor_type: "human" };

  test("are of members, and of votes that count", () => {
    const strangers = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob", "approve", human),
      t.vote("p", "mallory", "approve", human),
      t.result("p", "passed", { approve: 1 }),
    ];
    expect(violated(strangers, policy)).toEqual(["vote-by-nonmember 6", "human-missing 7"]);
    const uncounted = (t: TrailWriter) => [
      t.propose("p", { expires_at: t.timeOf(5).toISOString() }),
      t.vote("p", "bob", "approve", human),
      t.vote("p", "carol", "approve", human),
      t.result(
        "p",
        "passed",
        { approve: 1 },
        { included_vote_ids: ["p-5"], decided_at: t.timeOf(5).toISOString() },
      ),
    ];
    expect(violated(uncounted, policy)).toEqual(["late-vote 6", "human-missing 7"]);
    const changed = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob", "approve", human),
      t.vote("p", "carol", "approve", human),
      t.vote("p", "carol", "reject", human),
      t.result("p", "passed", { approve: 1, reject: 1 }),
    ];
    expect(violated(changed, policy)).toContain("human-missing 8");
  });

  test("are undetermined where the trail records no nodes", () => {
    const trail = new TrailWriter();
    trail.propose("p");
    trail.vote("p", "bob", "approve", human);
    trail.vote("p", "carol", "approve", human);
    trail.result("p", "passed", { approve: 2 });
    const findings = replay(trail.entries, { policy }).findings();
    expect(findings.filter(({ rule }) => rule === "human-missing")).toMatchObject([
      { status: "undetermined" },
    ]);
  });
});

describe("a proposal that is made twice", () => {
  test("is a warning where the second is the same, and an error where it differs", () => {
    const same = (t: TrailWriter) => [t.propose("p"), t.propose("p")];
    expect(violated(same)).toEqual(["duplicate-proposal-id 5"]);
    for (const more of [
      { subject: "did:pqaid:other" },
      { kind: "emergency-freeze" },
      { by: "mallory" },
      { threshold: 1 },
      { expires_at: "2030-01-01T00:00:00.000Z" },
      { title: "another" },
    ])
      expect(violated((t) => [t.propose("p"), t.propose("p", more)])).toEqual([
        "contradictory-proposals 5",
      ]);
  });
});

/** The trail, with other values in one entry, as another system may have written it. */
function foreign(write: (trail: TrailWriter) => unknown, sequence: number, other: object) {
  const trail = new TrailWriter("authorize-tool", "revoke-tool").federation();
  write(trail);
  return trail.entries.map((entry) =>
    entry.sequence === sequence ? ({ ...entry, ...other } as AuditEntry) : entry,
  );
}

function ruleIn(entries: AuditEntry[], rule: string, policy: Policy = {}) {
  return replay(entries, { policy })
    .findings()
    .filter((finding) => finding.rule === rule)
    .map(({ status, sequences }) => [status, ...sequences]);
}

describe("an entry of another system", () => {
  const granted = (t: TrailWriter) => [t.passed("p"), t.grant("p")];
  const until = (valid_until: unknown) => ({ details: { valid_until } });

  test("with a valid_until that is no time confers nothing for certain", () => {
    const entries = foreign(granted, 9, until("next year"));
    const trail = replay(entries);
    expect(trail.subject(MODEL)).toMatchObject({
      authorized: "unknown",
      authorizations: [{ grantedBy: 9, isCertain: false }],
    });
    expect(trail.standing()).toMatchObject([{ isCertain: false }]);
    expect(ruleIn(entries, "expired-authorization")).toEqual([["undetermined", 9]]);
    const stopped = (t: TrailWriter) => [granted(t), t.revoke("q", { kind: "revoke-model" })];
    const ended = foreign(stopped, 9, until(12));
    expect(replay(ended).subject(MODEL).authorized).toBe("no");
    expect(ruleIn(ended, "revoke-without-grant")).toEqual([]);
    expect(replay(foreign(granted, 9, until(null))).subject(MODEL).authorized).toBe("yes");
    const used = (t: TrailWriter) => [granted(t), t.act("model_invoked", { subjectId: MODEL })];
    expect(
      ruleIn(foreign(used, 9, until("?")), "unauthorized-action", {
        requiresAuthorization: ["model_invoked"],
      }),
    ).toEqual([["undetermined", 10]]);
  });

  test("with an expires_at that is no time leaves open whether a vote or a result is late", () => {
    const entries = foreign((t) => t.passed("p"), 4, { details: { expires_at: "soon" } });
    expect(ruleIn(entries, "late-vote")).toEqual([["undetermined", 5, 6, 7]]);
    expect(ruleIn(entries, "expired-proposal")).toEqual([["undetermined", 4, 8]]);
    expect(replay(entries).proposal("p")).toMatchObject({ expiresAt: undefined });
  });

  test.each([
    [{ timestamp: "soon" }, "timestamp"],
    [{ timestamp: 5 }, "timestamp"],
    [{ recordedAt: "later" }, "recordedAt"],
    [{ details: null }, "details"],
    [{ details: "text" }, "details"],
    [{ operation: undefined }, "operation"],
    [{ proposalId: 7 }, "proposalId"],
    [{ subjectId: null }, "subjectId"],
  ])("that is no entry is refused with the path: %j", (other, field) => {
    const entries = foreign(granted, 5, other);
    const refused = expect.objectContaining({ code: "invalid_evidence", field });
    expect(() => replay(entries)).toThrow(refused);
    expect(() => replay([]).feed({ ...entries[0], ...other } as AuditEntry)).toThrow(refused);
  });

  test("that is nothing at all, and moments that are none, are refused too", () => {
    for (const entry of [null, undefined, 5, "x"])
      expect(() => replay([entry as never])).toThrow(
        expect.objectContaining({ code: "invalid_evidence" }),
      );
    for (const at of [new Date("soon"), "14", Number.NaN, -0.5])
      expect(() => replay([], { at: at as never })).toThrow(
        expect.objectContaining({ code: "invalid_query", field: "at" }),
      );
    for (const since of ["2026-01-01", new Date("soon"), null])
      expect(() => replay([]).oversight({ since: since as never })).toThrow(
        expect.objectContaining({ code: "invalid_query", field: "since" }),
      );
    expect(() =>
      replay([]).oversight({ since: new Date("2026-02-01"), until: new Date("2026-01-01") }),
    ).toThrow(expect.objectContaining({ code: "invalid_query", field: "since" }));
  });
});

describe("what a revocation ends", () => {
  const agent = { kind: "authorize-agent", subject: "agent" };
  const both = (t: TrailWriter) => [
    t.passed("p"),
    t.grant("p"),
    t.passed("a", agent),
    t.grant("a", agent),
  ];

  test("of every subject: the grants of its kind or its pair", () => {
    const trail = replay(foreign((t) => [both(t), t.revoke("q", { subject: "*" })], -1, {}));
    expect([MODEL, "agent"].map((id) => trail.subject(id).authorized)).toEqual(["no", "yes"]);
    expect(trail.subject(MODEL).authorizations[0]?.ended).toMatchObject({
      by: "revocation",
      sequence: 16,
    });
    expect(trail.standing()).toMatchObject([{ subjectId: "agent" }]);
    const again = foreign(
      (t) => [both(t), t.revoke("q", { subject: "*" }), t.revoke("q", { subject: "*" })],
      -1,
      {},
    );
    expect(ruleIn(again, "revoke-without-grant")).toEqual([["violated", 17]]);
  });

  test("of a kind of the app's own: the pair authorize-X and revoke-X", () => {
    const tool = { kind: "authorize-tool", subject: "tool" };
    const policy: Policy = { kinds: { "authorize-tool": { confersStanding: true } } };
    const entries = foreign(
      (t) => [
        t.passed("p", tool),
        t.grant("p", tool),
        t.passed("q", { kind: "revoke-tool", subject: "tool" }),
        t.revoke("q", { kind: "revoke-tool", subject: "tool" }),
      ],
      -1,
      {},
    );
    const trail = replay(entries, { policy });
    expect(trail.subject("tool").authorized).toBe("no");
    expect(trail.findings()).toEqual([]);
    expect(replay(entries.slice(0, -1), { policy }).findings()).toMatchObject([
      { rule: "not-enacted", status: "pending", sequences: [14] },
    ]);
  });
});

describe("an action", () => {
  const policy: Policy = { requiresAuthorization: ["model_invoked"] };
  const invoke = (t: TrailWriter, happened: number) =>
    t.act("model_invoked", { subjectId: MODEL }, {}, t.timeOf(happened));

  test("that happened before the grant was not authorized, though it was recorded after", () => {
    const write = (t: TrailWriter) => [t.passed("p"), t.grant("p"), invoke(t, 8)];
    expect(violated(write, policy)).toEqual(["unauthorized-action 10"]);
    const later = (t: TrailWriter) => [t.passed("p"), t.grant("p"), invoke(t, 9)];
    expect(violated(later, policy)).toEqual([]);
  });

  test("that was recorded after the end, and says that it happened before, is undetermined", () => {
    const write = (t: TrailWriter) => [
      t.passed("p"),
      t.grant("p"),
      t.act("coffee"),
      t.revoke("q", { kind: "emergency-freeze" }),
      invoke(t, 10),
    ];
    expect(found(write, "unauthorized-action", policy)).toMatchObject([
      { status: "undetermined", sequences: [12] },
    ]);
    const after = (t: TrailWriter) => [t.passed("p"), t.grant("p"), t.revoke("q"), invoke(t, 10)];
    expect(violated(after, policy)).toContain("unauthorized-action 11");
  });
});

test("how late an entry was recorded is said in words", () => {
  const write = (t: TrailWriter) => [
    t.act("coffee", {}, {}, new Date(t.timeOf(4).getTime() - 60_000)),
    t.act("coffee", {}, {}, new Date(t.timeOf(5).getTime() - 90_000_000)),
  ];
  expect(found(write, "backdated", { recordWithinSeconds: 1 })).toMatchObject([
    { message: "recorded 1 min after it happened" },
    { message: "recorded 1 d 1 h after it happened" },
  ]);
});

test("a second grant of a decision does not make the first one longer", () => {
  const write =
    (...ends: (string | undefined)[]) =>
    (t: TrailWriter) => [
      t.passed("p"),
      ...ends.map((end) => t.grant("p", end === undefined ? {} : { valid_until: end })),
    ];
  const [may, june] = ["2026-05-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z"];
  expect(violated(write(may, may))).toEqual([]);
  expect(violated(write(june, may))).toEqual([]);
  for (const longer of [june, undefined])
    expect(violated(write(may, longer))).toEqual(["grant-without-consensus 10"]);
});

test("undetermined findings that say the same are one, with each entry once, in order", () => {
  const trail = new TrailWriter();
  trail.propose("p");
  trail.vote("p", "bob");
  trail.vote("p", "carol", "reject");
  for (let n = 0; n < 2; n++)
    trail.result("p", "passed", { approve: 1 }, { included_vote_ids: ["p-1"] });
  expect(ruleIn(trail.entries, "tally-mismatch")).toEqual([["undetermined", 2, 3, 4]]);
});

test("the present moment is when the newest entry was recorded: dating it back revives nothing", () => {
  const trail = new TrailWriter().federation();
  trail.passed("p");
  trail.grant("p", { valid_until: trail.timeOf(10).toISOString() });
  trail.act("coffee", {}, {}, trail.timeOf(2));
  const replayed = replay(trail.entries);
  expect(replayed.now).toBe(trail.timeOf(10).toISOString());
  expect(replayed.subject(MODEL).authorized).toBe("no");
});

describe("a time that the caller claims", () => {
  const expiring = (t: TrailWriter, after: number) =>
    t.propose("p", { expires_at: t.timeOf(after).toISOString() });
  const vote = (t: TrailWriter, voter: string, more: More = {}, timestamp?: Date) =>
    t.act("vote_cast", { proposalId: "p", actorDid: voter, decision: "approve" }, more, timestamp);
  const decide = (t: TrailWriter, more: More = {}, timestamp?: Date) =>
    t.act("consensus_reached", { proposalId: "p", decision: "passed" }, more, timestamp);
  const at = (t: TrailWriter, sequence: number) => ({ cast_at: t.timeOf(sequence).toISOString() });

  test("makes no late vote early, and no vote late that was recorded in time", () => {
    const early = (t: TrailWriter) => [expiring(t, 4), vote(t, "bob", at(t, 4))];
    expect(found(early, "late-vote")).toMatchObject([
      {
        status: "undetermined",
        sequences: [4, 5],
        message: expect.stringContaining("has times from 2026-04-14T12:00:04.000Z to"),
      },
    ]);
    const dated = (t: TrailWriter) => [expiring(t, 4), vote(t, "bob", {}, t.timeOf(4))];
    expect(found(dated, "late-vote")).toMatchObject([{ status: "undetermined" }]);
    const ahead = (t: TrailWriter) => [expiring(t, 5), vote(t, "bob", at(t, 9))];
    expect(found(ahead, "late-vote")).toMatchObject([{ status: "undetermined" }]);
    const never = (t: TrailWriter) => [expiring(t, 4), vote(t, "bob", at(t, 6), t.timeOf(7))];
    expect(found(never, "late-vote")).toMatchObject([{ status: "violated", sequences: [4, 5] }]);
    const inTime = (t: TrailWriter) => [expiring(t, 5), vote(t, "bob", at(t, 4), t.timeOf(3))];
    expect(found(inTime, "late-vote")).toEqual([]);
  });

  test("lets no result pass after the expiry", () => {
    for (const [more, timestamp] of [
      [{ decided_at: "2026-04-14T12:00:04.000Z" }, undefined],
      [{}, 4],
    ] as const) {
      const write = (t: TrailWriter) => [
        expiring(t, 4),
        decide(t, more, timestamp === undefined ? undefined : t.timeOf(timestamp)),
      ];
      expect(found(write, "expired-proposal")).toMatchObject([
        { status: "undetermined", sequences: [4, 5] },
      ]);
    }
  });

  test("makes no authorization longer: a grant, a use and a revocation that are dated back", () => {
    const until = (t: TrailWriter, end: number) => ({ valid_until: t.timeOf(end).toISOString() });
    const grant = (t: TrailWriter) => [
      t.passed("p"),
      t.act(
        "authorization_granted",
        { proposalId: "p", subjectId: MODEL, kind: "authorize-model" },
        until(t, 9),
        t.timeOf(8),
      ),
    ];
    expect(found(grant, "expired-authorization")).toMatchObject([{ status: "undetermined" }]);
    const policy: Policy = { requiresAuthorization: ["model_invoked"] };
    const use = (t: TrailWriter, more: More = {}) => [
      t.passed("p"),
      t.grant("p", until(t, 11)),
      t.act("coffee"),
      t.act("model_invoked", { subjectId: MODEL }, more, t.timeOf(10)),
    ];
    expect(found(use, "expired-authorization", policy)).toMatchObject([
      { status: "undetermined", sequences: [11] },
    ]);
    const imported = (t: TrailWriter) => use(t, { imported_log: "old" });
    expect(found(imported, "expired-authorization", policy)).toEqual([]);
    const revoked = (t: TrailWriter) => [
      t.passed("p"),
      t.grant("p", until(t, 11)),
      t.act("coffee"),
      t.act(
        "authorization_revoked",
        { proposalId: "q", subjectId: MODEL, kind: "revoke-model" },
        {},
        t.timeOf(10),
      ),
    ];
    expect(found(revoked, "revoke-without-grant")).toMatchObject([
      { status: "undetermined", sequences: [11] },
    ]);
  });

  test("gives nobody more time to decide or to enact", () => {
    const policy: Policy = { decideWithinSeconds: 1, enactWithinSeconds: 1 };
    const far = "2030-01-01T00:00:00.000Z";
    for (const [more, timestamp] of [
      [{ created_at: far, decided_at: far }, undefined],
      [{}, new Date(far)],
    ] as const) {
      const open = (t: TrailWriter) => [
        t.act(
          "proposal_created",
          { proposalId: "p", subjectId: MODEL, kind: "authorize-model", actorDid: "alice" },
          more,
          timestamp,
        ),
        t.act("coffee"),
        t.act("coffee"),
      ];
      expect(violated(open, policy)).toEqual(["undecided 4"]);
      const passed = (t: TrailWriter) => [
        t.propose("p"),
        decide(t, more, timestamp),
        t.act("coffee"),
        t.act("coffee"),
      ];
      expect(violated(passed, policy)).toContain("not-enacted 5");
    }
  });

  test("takes no decision out of the policy", () => {
    const policy: Policy = { since: "2026-01-01T00:00:00Z", enactWithinSeconds: 1 };
    const write = (t: TrailWriter) => [
      t.propose("p"),
      decide(t, { decided_at: "2020-01-01T00:00:00.000Z" }),
      t.act("coffee"),
      t.act("coffee"),
    ];
    expect(violated(write, policy)).toContain("not-enacted 5");
  });

  test("is a time by which an entry can be recorded late", () => {
    const write = (t: TrailWriter) => [expiring(t, 99), t.act("coffee"), vote(t, "bob", at(t, 4))];
    expect(found(write, "backdated", { recordWithinSeconds: 1 })).toMatchObject([
      { sequences: [6], message: "recorded 2 s after it happened" },
    ]);
  });

  test("does not make a result whole that leaves out a vote", () => {
    const write = (t: TrailWriter) => [
      t.propose("p"),
      t.vote("p", "bob"),
      t.vote("p", "carol", "reject"),
      t.result(
        "p",
        "passed",
        { approve: 1 },
        {
          included_vote_ids: ["p-5"],
          decided_at: t.timeOf(5).toISOString(),
        },
      ),
    ];
    expect(found(write, "tally-mismatch")).toMatchObject([
      { status: "undetermined", sequences: [6, 7] },
    ]);
  });

  describe("in an import", () => {
    const old = { imported_log: "old" };
    const past = (second: number) => new Date(Date.UTC(2025, 0, 1, 0, 0, second));
    const imported = (t: TrailWriter, expiresAt: Date) =>
      t.act(
        "proposal_created",
        { proposalId: "p", subjectId: MODEL, kind: "authorize-model", actorDid: "alice" },
        { ...old, expires_at: expiresAt.toISOString() },
        past(0),
      );

    test("decides, where the proposal was imported after it had expired", () => {
      const inTime = (t: TrailWriter) => [
        imported(t, past(9)),
        vote(t, "bob", old, past(5)),
        decide(t, old, past(6)),
      ];
      expect(found(inTime, "late-vote")).toEqual([]);
      expect(found(inTime, "expired-proposal")).toEqual([]);
      const late = (t: TrailWriter) => [imported(t, past(9)), vote(t, "bob", old, past(10))];
      expect(found(late, "late-vote")).toMatchObject([{ status: "violated" }]);
      const claimed = (t: TrailWriter) => [
        imported(t, past(9)),
        vote(t, "bob", { ...old, cast_at: past(5).toISOString() }, past(10)),
      ];
      expect(found(claimed, "late-vote")).toMatchObject([{ status: "undetermined" }]);
    });

    test("proves nothing about a proposal that was open, whatever the vote is marked as", () => {
      const stillOpen = (t: TrailWriter) => [
        imported(t, t.timeOf(4)),
        vote(t, "bob", old, t.timeOf(3)),
      ];
      expect(found(stillOpen, "late-vote")).toMatchObject([{ status: "undetermined" }]);
      const native = (t: TrailWriter) => [expiring(t, 4), vote(t, "bob", old, t.timeOf(3))];
      expect(found(native, "late-vote")).toMatchObject([{ status: "undetermined" }]);
    });
  });
});

describe("a proposal that leaves out its kind", () => {
  const human = { "authorize-model": { humanApprovals: 2 } };
  const decided = (t: TrailWriter) => [t.passedWithout("p", "kind"), t.grant("p")];

  test("is judged by what the policy says of the kind of its grant", () => {
    const agents = (t: TrailWriter) => {
      t.act("proposal_created", { proposalId: "p", subjectId: MODEL, actorDid: "alice" });
      for (const voter of ["bob", "carol"]) t.vote("p", voter, "approve", { actor_type: "agent" });
      t.result("p", "passed", { approve: 2 });
      t.grant("p");
    };
    expect(violated(agents, { kinds: human })).toEqual(["human-missing 8"]);
    expect(violated(decided, { kinds: { "authorize-model": { votes: 4 } } })).toEqual([
      "quorum-unmet 9",
    ]);
    expect(violated(decided, { kinds: { "authorize-model": { participation: 1 } } })).toEqual([
      "quorum-unmet 9",
    ]);
    expect(violated(decided, { kinds: { "authorize-model": { participation: "3/4" } } })).toEqual(
      [],
    );
  });

  test("gives no grant that is valid for sure, also after a grant of another kind", () => {
    const write = (t: TrailWriter) => [
      t.passedWithout("p", "kind"),
      t.grant("p", { kind: "delegation", subject: "bob" }),
      t.grant("p"),
    ];
    const policy: Policy = { kinds: { "authorize-model": { votes: 4 } } };
    expect(violated(write, policy)).toContain("quorum-unmet 10");
    const trail = new TrailWriter().federation();
    decided(trail);
    expect(replay(trail.entries).standing()).toMatchObject([{ isValid: "unknown" }]);
    expect(replay(trail.entries, { policy }).standing()).toMatchObject([{ isValid: "no" }]);
    const { quorum } = replay(trail.entries, { policy }).proposal("p") ?? {};
    expect(quorum?.status).toBe("violated");
  });
});

test("a proposal that leaves out its subject authorizes or stops nobody for sure", () => {
  const trail = new TrailWriter().federation();
  trail.passedWithout("p", "subject");
  trail.grant("p", { subject: "mallory-ai" });
  expect(replay(trail.entries).standing()).toMatchObject([{ isValid: "unknown" }]);
  const stop = (t: TrailWriter, subject: string) => {
    t.act("proposal_created", { proposalId: "p", kind: "emergency-freeze", actorDid: "alice" });
    for (const voter of ["bob", "carol", "dave"]) t.vote("p", voter);
    t.result("p", "passed", { approve: 3 });
    t.revoke("p", { kind: "emergency-freeze", subject });
  };
  const status = (subject: string) =>
    found((t) => stop(t, subject), "revoke-without-consensus").map((finding) => finding.status);
  expect(status(MODEL)).toEqual(["undetermined"]);
  expect(status("*")).toEqual([]);
});

test.each([60, 70])("of %i votes, a delegation counts as it was when its vote came", (count) => {
  const message = (isDelegate: boolean) => {
    const trail = new TrailWriter();
    for (let index = 0; index < count; index++) trail.node(`n${index}`);
    trail.propose("p", { by: "n1" });
    for (let index = 0; index < count; index++)
      trail.vote("p", `n${index}`, "approve", { actor_type: index === 0 ? "human" : "agent" });
    const delegate = () => trail.grant("d", { kind: "delegation", subject: "stranger" });
    if (isDelegate) delegate();
    trail.vote("p", "stranger", "approve", { actor_type: "human" });
    const result = () => trail.result("p", "passed", { approve: count, total: count });
    const first = result();
    if (isDelegate) trail.revoke("d", { kind: "delegation", subject: "stranger" });
    else delegate();
    const second = result();
    const policy: Policy = { kinds: { "authorize-model": { humanApprovals: 2 } } };
    const findings = replay(trail.entries, { policy }).findings();
    return [first, second].map(
      (sequence) =>
        findings.find(
          ({ rule, sequences }) => rule === "human-missing" && sequences.includes(sequence),
        )?.status,
    );
  };
  expect(message(true)).toEqual(["undetermined", "undetermined"]);
  expect(message(false)).toEqual(["violated", "violated"]);
});

describe("weights", () => {
  test("are compared in relation to the total, however small they are", () => {
    const tiny = (of: number, approve: number) => {
      const trail = new TrailWriter();
      for (const name of ["alice", "bob", "carol"]) trail.node(name, 1e-13 * of);
      trail.propose("p");
      trail.vote("p", "bob");
      trail.result("p", "passed", { approve: approve * of, total: 3e-13 * of });
      return replay(trail.entries, { policy: { approval: { share: 1, of: "total" } } })
        .findings()
        .filter(({ status }) => status === "violated")
        .map(({ rule }) => rule);
    };
    for (const of of [1, 1e-9]) {
      expect(tiny(of, 1e-13)).toEqual(["quorum-unmet"]);
      expect(tiny(of, 3e-13)).toEqual(["tally-mismatch", "quorum-unmet"]);
    }
  });

  test("of another system that are negative are unknown, and so is what rests on them", () => {
    const policy: Policy = { participation: "1/2", approval: { share: "1/2", of: "decided" } };
    const statuses = (trail: TrailWriter) =>
      replay(trail.entries, { policy })
        .findings()
        .filter(({ rule }) => rule === "tally-mismatch" || rule === "quorum-unmet")
        .map(({ rule, status }) => `${rule} ${status}`);
    const node = new TrailWriter().federation();
    node.act("node_added", { actorDid: "zed" }, { name: "zed", weight: -3 });
    node.propose("p");
    node.vote("p", "bob");
    node.result("p", "passed", { approve: 1, total: 1 });
    expect(statuses(node)).toEqual(["tally-mismatch undetermined"]);
    expect(replay(node.entries).members().at(-1)?.weight).toBeUndefined();
    const claim = new TrailWriter();
    claim.propose("p");
    claim.result("p", "passed", { approve: 1, reject: -0.5, total: 1 });
    expect(statuses(claim)).toEqual(["tally-mismatch undetermined", "quorum-unmet undetermined"]);
  });
});
