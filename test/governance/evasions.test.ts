import { expect, test } from "vitest";
import type { Policy } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";
import { MODEL, TrailWriter } from "../fixtures/trail.js";

/** The rules that a trail violates, by the entry that offends. */
function violated(write: (trail: TrailWriter) => unknown, policy: Policy = {}): string[] {
  const trail = new TrailWriter().federation();
  write(trail);
  return replay(trail.entries, { policy })
    .findings()
    .filter(({ status }) => status === "violated")
    .map(({ rule, sequences }) => `${rule} ${sequences.at(-1)}`);
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

test("a flagged voter with one recorded vote does not count where the policy says so", () => {
  const write = (t: TrailWriter) => [
    t.propose("p"),
    t.vote("p", "bob"),
    t.vote("p", "carol"),
    t.flag("p", "carol"),
    t.result("p", "passed", { approve: 1 }),
  ];
  expect(violated(write, { conflictingVotes: "exclude" })).toEqual(["flag-without-double-vote 7"]);
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
});
