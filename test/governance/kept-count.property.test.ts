import fc from "fast-check";
import { expect, it } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Finding } from "../../src/governance/facts/finding.js";
import { type Policy, policyOf } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";
import { runs } from "../fixtures/long-runs.js";

const START = Date.parse("2026-04-14T12:00:00Z");
/** From this number of votes on, the count of a proposal is kept for its next result. */
const KEPT_FROM = 64;
const NAMES = ["alice", "bob", "carol", "dave", "eve", "mallory"];
const COUNTING_RULES = ["tally-mismatch", "quorum-unmet", "human-missing"];

const name = fc.constantFrom(...NAMES);
const weight = fc.integer({ min: 0, max: 3 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("vote_cast"), name, weight }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom("authorization_granted", "authorization_revoked"),
      name,
      weight,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom("node_added", "node_removed"), name, weight }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("byzantine_detected"), name, weight }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("consensus_reached"), name, weight }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("gap"), name, weight }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const policies = fc
  .record(
    {
      membershipAt: fc.constantFrom("proposal", "vote", "decision"),
      changedVotes: fc.constantFrom("first", "last"),
      conflictingVotes: fc.constantFrom("exclude", "first", "last"),
    },
    { requiredKeys: [] },
  )
  .map((policy) =>
    policyOf({
      ...policy,
      participation: "1/2",
      kinds: { "authorize-model": { votes: KEPT_FROM + 2, humanApprovals: 2 } },
    }),
  );

it("a count that is kept between results gives what one from the beginning gives", () => {
  const steps = fc.array(step, { minLength: 4, maxLength: 24 });
  fc.assert(
    fc.property(steps, policies, (taken, policy) => {
      const entries = trailOf(taken);
      const results = entries.filter(isResult).map(({ sequence }) => sequence);
      const kept = replay(entries, { policy }).findings();
      for (const sequence of results)
        expect(ofResult(kept, sequence)).toEqual(
          ofResult(fresh(entries, sequence, policy), sequence),
        );
    }),
    { numRuns: runs(200) },
  );
});

/** The findings of a trail in which a result is the only one, so nothing was counted before it. */
function fresh(entries: readonly AuditEntry[], sequence: number, policy: Policy): Finding[] {
  const alone = entries
    .filter((entry) => entry.sequence <= sequence)
    .map((entry) =>
      isResult(entry) && entry.sequence !== sequence
        ? ({ ...entry, operation: "note_taken" } as unknown as AuditEntry)
        : entry,
    );
  return replay(alone, { policy }).findings();
}

/** What is said of the votes of a result. Undetermined findings of several results are one. */
function ofResult(findings: readonly Finding[], sequence: number): string[] {
  return findings
    .filter(({ rule, sequences }) => COUNTING_RULES.includes(rule) && sequences.includes(sequence))
    .map(({ rule, status, message }) => `${rule} ${status}: ${message}`)
    .sort();
}

function isResult({ operation }: AuditEntry): boolean {
  return operation === "consensus_reached";
}

/** So many votes of members that the next count is kept, and what happens then. */
function trailOf(steps: readonly Step[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let sequence = 0;
  const add = (operation: string, more: object): void => {
    const timestamp = new Date(START + sequence * 1000).toISOString();
    const entry = { sequence, id: `${sequence}`, timestamp, details: {}, leafHash: "", operation };
    entries.push({ ...entry, ...more } as unknown as AuditEntry);
    sequence++;
  };
  const voters = Array.from({ length: KEPT_FROM }, (_, index) => `n${index}`);
  for (const actorDid of [...voters, "alice", "bob"])
    add("node_added", { actorDid, details: { weight: 1 } });
  const proposalId = "p";
  const kind = "authorize-model";
  add("proposal_created", { proposalId, subjectId: "m", kind, actorDid: "alice" });
  for (const actorDid of voters)
    add("vote_cast", {
      proposalId,
      actorDid,
      decision: "approve",
      details: { actor_type: actorDid === "n0" ? "human" : "agent" },
    });
  for (const { act, name: actorDid, weight: number } of steps)
    if (act === "gap") sequence += number === 0 ? 1 : 0;
    else if (act === "vote_cast")
      add(act, {
        proposalId,
        actorDid,
        decision: number === 0 ? "reject" : "approve",
        details: { actor_type: "human" },
      });
    else if (act === "consensus_reached")
      add(act, {
        proposalId,
        actorDid: "bob",
        decision: "passed",
        details: {
          approve_weight: KEPT_FROM + number,
          reject_weight: 0,
          abstain_weight: 0,
          total_weight: KEPT_FROM + 2,
        },
      });
    else if (act.startsWith("authorization")) add(act, { subjectId: actorDid, kind: "delegation" });
    else if (act === "byzantine_detected") add(act, { proposalId, actorDid });
    else add(act, { actorDid, details: { weight: number } });
  return entries;
}
