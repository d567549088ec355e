import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Finding } from "../../src/governance/facts/finding.js";
import { replay } from "../../src/governance/replay.js";
import { RULES } from "../../src/governance/rules/rules.js";
import { Federation, PLANTS, POLICY, type Step, steps } from "../fixtures/federation.js";
import { runs } from "../fixtures/long-runs.js";

/** Violations, each after so many steps of a federation. */
const plants = fc.array(
  fc.record({ rule: fc.constantFrom(...Object.keys(PLANTS)), after: fc.nat(60) }),
  { maxLength: 6 },
);

type Plants = readonly { readonly rule: string; readonly after: number }[];

/** The trail of a federation, and the violations in it. */
function trailOf(taken: readonly Step[], planted: Plants = []) {
  const federation = new Federation();
  const expected: string[] = [];
  for (const [index, step] of taken.entries()) {
    for (const { rule, after } of planted)
      if (after % taken.length === index)
        expected.push(shown(rule, PLANTS[rule]?.(federation) ?? []));
    federation.do(step);
  }
  return { entries: federation.trail.entries, expected: expected.sort() };
}

const trails = fc.tuple(steps, plants).map(([taken, planted]) => trailOf(taken, planted).entries);

/** A trail that may lack its first entries, and others. */
const gapped = fc
  .tuple(trails, fc.nat(30), fc.array(fc.nat(99), { maxLength: 3 }))
  .map(([entries, cut, missing]) => {
    const left = new Set(missing.map((index) => cut + index));
    return entries.filter(({ sequence }) => sequence >= cut && !left.has(sequence));
  });

const options = { policy: POLICY };

describe("a federation that keeps all rules", () => {
  it("has no violation, and nothing that is undetermined", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const findings = replay(trailOf(taken).entries, options).findings();
        expect(findings.filter(({ status }) => status !== "pending")).toEqual([]);
      }),
      { numRuns: runs(200) },
    );
  });

  it.each(Object.keys(PLANTS))("%s: one violation alone is found, and nothing else", (rule) => {
    fc.assert(
      fc.property(steps, fc.nat(60), (taken, after) => {
        const { entries, expected } = trailOf(taken, [{ rule, after }]);
        expect(violationsIn(entries)).toEqual(expected);
      }),
      { numRuns: runs(15) },
    );
  });

  it("has all violations that were planted, and no other", () => {
    fc.assert(
      fc.property(steps, plants, (taken, planted) => {
        const { entries, expected } = trailOf(taken, planted);
        expect(violationsIn(entries)).toEqual(expected);
      }),
      { numRuns: runs(200) },
    );
  });

  it("lacks entries: history-missing names the entry after them", () => {
    fc.assert(
      fc.property(gapped, (entries) => {
        const after = entries.filter(
          ({ sequence }, index) => sequence !== (entries[index - 1]?.sequence ?? -1) + 1,
        );
        const found = replay(entries, options)
          .findings()
          .filter(({ rule }) => rule === "history-missing");
        expect(found.map(({ sequences }) => sequences)).toEqual(
          after.map(({ sequence }) => [sequence]),
        );
      }),
      { numRuns: runs(50) },
    );
  });
});

it("a violation of every rule is planted, but for that of missing entries", () => {
  const planted = new Set([...Object.keys(PLANTS).map(ruleOf), "history-missing"]);
  expect([...planted].sort()).toEqual(RULES.map(({ id }) => id).sort());
});

describe("a trail", () => {
  it("that is fed entry by entry has the findings of one that is replayed", () => {
    fc.assert(
      fc.property(gapped, (entries) => {
        const fed = replay([], options);
        for (const entry of entries) fed.feed(entry);
        expect(answersOf(fed)).toEqual(answersOf(replay(entries, options)));
      }),
      { numRuns: runs(100) },
    );
  });

  it("tells each violation that only entries bring when its last entry is fed", () => {
    fc.assert(
      fc.property(steps, plants, (taken, planted) => {
        const { entries, expected } = trailOf(taken, planted);
        const fed = replay([], options);
        const told = entries.flatMap((entry) =>
          fed
            .feed(entry)
            .filter(({ status }) => status === "violated")
            .map((finding) => {
              expect(finding.sequences.at(-1)).toBeLessThanOrEqual(entry.sequence);
              return shownFinding(finding);
            }),
        );
        expect(told.sort()).toEqual(expected);
      }),
      { numRuns: runs(100) },
    );
  });

  it("at a sequence is the trail up to it", () => {
    fc.assert(
      fc.property(gapped, fc.nat(120), (entries, index) => {
        const at = entries[index % Math.max(entries.length, 1)]?.sequence ?? 0;
        const before = entries.filter(({ sequence }) => sequence <= at);
        const whole = replay(entries, options);
        const cut = replay(before, options);
        expect(answersOf(replay(entries, { ...options, at }))).toEqual(answersOf(cut));
        expect(whole.standing(at)).toEqual(cut.standing());
        expect(whole.members(at)).toEqual(cut.members());
        for (const subjectId of subjectsIn(entries)) {
          const { authorized, since, until, by, authorizations } = whole.subject(subjectId, at);
          expect({ authorized, since, until, by, authorizations }).toEqual({
            since: undefined,
            until: undefined,
            by: undefined,
            ...pick(cut.subject(subjectId)),
          });
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it("that lacks entries has no violation that the whole one does not have", () => {
    const lacking = fc.tuple(trails, fc.array(fc.nat(199), { maxLength: 6 }));
    fc.assert(
      fc.property(lacking, ([entries, missing]) => {
        const left = new Set(missing.map((index) => index % entries.length));
        const whole = new Set(offencesIn(entries));
        const rest = offencesIn(entries.filter(({ sequence }) => !left.has(sequence)));
        expect(rest.filter((offence) => !whole.has(offence))).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });

  it("that lacks its first entries never contradicts the whole one", () => {
    fc.assert(
      fc.property(trails, fc.nat(120), (entries, cut) => {
        const whole = replay(entries, options);
        const rest = replay(entries.slice(cut % entries.length), options);
        for (const subjectId of subjectsIn(entries)) {
          const { authorized } = rest.subject(subjectId);
          expect(["unknown", whole.subject(subjectId).authorized]).toContain(authorized);
        }
        // an earlier entry that a violation rests on may be missing, the one that offends is not
        const offences = (trail: Trail) =>
          trail
            .findings()
            .filter((finding) => isViolated(finding) && finding.rule !== "history-missing")
            .map(({ rule, sequences }) => `${rule} ${sequences.at(-1)}`);
        const known = new Set(offences(whole));
        expect(offences(rest).filter((offence) => !known.has(offence))).toEqual([]);
      }),
      { numRuns: runs(150) },
    );
  });
});

/** The rule that a plant breaks. */
function ruleOf(plant: string): string {
  return plant.replace(/:.*/, "");
}

function pick({ authorized, since, until, by, authorizations }: Case): Case {
  return {
    authorized,
    authorizations,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(by === undefined ? {} : { by }),
  };
}
type Trail = ReturnType<typeof replay>;
type Case = Pick<
  ReturnType<Trail["subject"]>,
  "authorized" | "since" | "until" | "by" | "authorizations"
>;

function answersOf(trail: Trail) {
  return {
    lastSequence: trail.lastSequence,
    isComplete: trail.isComplete,
    now: trail.now,
    proposals: trail.proposals(),
    standing: trail.standing(),
    members: trail.members(),
    findings: trail.findings(),
    oversight: trail.oversight(),
  };
}

/** What is violated, by the last entry: earlier ones that it rests on may be missing. */
function offencesIn(entries: readonly AuditEntry[]): string[] {
  return replay(entries, options)
    .findings()
    .filter((finding) => isViolated(finding) && finding.rule !== "history-missing")
    .map(({ rule, sequences }) => `${rule} ${sequences.at(-1)}`);
}

function violationsIn(entries: readonly AuditEntry[]): string[] {
  return replay(entries, options).findings().filter(isViolated).map(shownFinding).sort();
}

function isViolated({ status }: Finding): boolean {
  return status === "violated";
}

function shownFinding({ rule, sequences }: Finding): string {
  return shown(rule, sequences);
}

function shown(plant: string, sequences: readonly number[]): string {
  return `${ruleOf(plant)} ${sequences.join(" ")}`;
}

function subjectsIn(entries: readonly AuditEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ subjectId }) => subjectId ?? []));
}
