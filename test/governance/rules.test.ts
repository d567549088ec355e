import { describe, expect, it } from "vitest";
import { replay } from "../../src/governance/replay.js";
import { RULES } from "../../src/governance/rules/rules.js";
import { TrailWriter } from "../fixtures/trail.js";
import { CASES } from "./rule-cases.js";

describe.each(Object.entries(CASES))("%s", (rule, { severity, cases }) => {
  it.each(cases)("$name", ({ write, expected, policy = {}, missing = 0 }) => {
    const trail = new TrailWriter().federation();
    write(trail);
    const entries = trail.entries.slice(missing);
    const found = replay(entries, { policy })
      .findings()
      .filter((finding) => finding.rule === rule);
    if (expected === "kept") return expect(found).toEqual([]);
    const [status, ...sequences] = expected;
    expect(found).toEqual([
      { rule, severity, status, sequences, message: expect.any(String), ...names(found[0]) },
    ]);
  });

  it("can be turned off, and have another severity", () => {
    const [{ write, policy = {}, missing = 0 } = expect.fail()] = cases.filter(
      ({ expected }) => expected !== "kept",
    );
    const trail = new TrailWriter().federation();
    write(trail);
    const severities = (["off", "info", "error"] as const).map((severity) =>
      replay(trail.entries.slice(missing), {
        policy: { ...policy, rules: { ...policy.rules, [rule]: severity } },
      })
        .findings()
        .filter((finding) => finding.rule === rule)
        .map((finding) => finding.severity),
    );
    expect(severities).toEqual([[], ["info"], ["error"]]);
  });
});

it("every rule has its cases", () => {
  expect(Object.keys(CASES)).toEqual(RULES.map(({ id }) => id));
});

it("membership is unknown where no node is recorded, and the rest is judged", () => {
  const trail = new TrailWriter();
  trail.passed("p");
  trail.grant("p");
  expect(
    replay(trail.entries)
      .findings()
      .map(({ rule, status, sequences }) => [rule, status, sequences]),
  ).toEqual([
    ["vote-by-nonmember", "undetermined", [1, 2, 3]],
    ["tally-mismatch", "undetermined", [4]],
  ]);
});

it("what happened before the policy was in force is not judged by it", () => {
  const trail = new TrailWriter().federation();
  trail.propose("p");
  trail.grant("p");
  const findings = (since: Date) =>
    replay(trail.entries, { policy: { since: since.toISOString() } }).findings();
  expect(findings(trail.timeOf(6))).toEqual([]);
  expect(findings(trail.timeOf(5))).toHaveLength(1);
});

function names(found: { proposalId?: string; subjectId?: string } | undefined) {
  const { proposalId, subjectId } = found ?? {};
  return {
    ...(proposalId === undefined ? {} : { proposalId }),
    ...(subjectId === undefined ? {} : { subjectId }),
  };
}
