import { describe, expect, it } from "vitest";
import { replay } from "../../src/governance/replay.js";
import { RULES } from "../../src/governance/rules/rules.js";
import { TrailWriter } from "../fixtures/trail.js";
import { CASES, type Case } from "./rule-cases.js";

describe.each(Object.entries(CASES))("%s", (rule, { severity, cases }) => {
  it.each(cases)("$name", ({ expected, policy = {}, ...one }) => {
    const entries = entriesOf(one);
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

/** A trail always shows these: what breaks them is in two entries that are there. */
const NEVER_UNDETERMINED: ReadonlySet<string> = new Set([
  "grant-after-rejection",
  "vote-after-decision",
  "duplicate-vote-id",
  "self-approval",
  "duplicate-proposal-id",
  "contradictory-proposals",
  "contradictory-decisions",
  "backdated",
  "history-missing",
]);

/** Later entries can still keep these. */
const CAN_BE_PENDING: ReadonlySet<string> = new Set([
  "double-vote-unflagged",
  "flag-without-double-vote",
  "undecided",
  "not-enacted",
]);

it.each(RULES)("$id has a case of each status", ({ id }) => {
  const statuses = CASES[id]?.cases.map(({ expected }) =>
    expected === "kept" ? expected : expected[0],
  );
  expect([...new Set(statuses)].sort()).toEqual(
    [
      "kept",
      "violated",
      ...(NEVER_UNDETERMINED.has(id) ? [] : ["undetermined"]),
      ...(CAN_BE_PENDING.has(id) ? ["pending"] : []),
    ].sort(),
  );
});

/** The entries of a case, as they were left. */
function entriesOf({
  write,
  missing = 0,
  lost = [],
  edit,
}: Pick<Case, "write" | "missing" | "lost" | "edit">) {
  const trail = new TrailWriter().federation();
  write(trail);
  return trail.entries
    .slice(missing)
    .filter(({ sequence }) => !lost.includes(sequence))
    .map((entry) =>
      entry.sequence === edit?.sequence
        ? ({ ...entry, details: { ...entry.details, ...edit.details } } as typeof entry)
        : entry,
    );
}

function names(found: { proposalId?: string; subjectId?: string } | undefined) {
  const { proposalId, subjectId } = found ?? {};
  return {
    ...(proposalId === undefined ? {} : { proposalId }),
    ...(subjectId === undefined ? {} : { subjectId }),
  };
}
