import { expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Policy } from "../../src/governance/facts/policy.js";
import { WorkCounter } from "./work-counter.js";

/*
 * Whatever somebody writes many times, the work for all of it grows no faster than n log n. Each
 * case is counted with FEW and with MANY of what it repeats.
 */

const counter = await WorkCounter.start();
const { replay } = await import("../../src/governance/replay.js");

const FEW = 100;
const TIMES = 4;
/** TIMES log(TIMES FEW) / log(FEW) is 5.2. Work that grows with the square is 16 times as much. */
const MOST = 5.5;

const START = Date.parse("2026-04-14T12:00:00Z");
const POLICY: Policy = {
  requiresAuthorization: ["model_invoked"],
  decideWithinSeconds: 60,
  enactWithinSeconds: 60,
  participation: "1/3",
  kinds: { "authorize-model": { votes: 2, humanApprovals: 1 } },
};

type Column = "proposalId" | "subjectId" | "kind" | "actorDid" | "decision" | "timestamp";
type Details = Readonly<Record<string, unknown>>;
type Event = Partial<Record<Column, string>> & {
  readonly operation: string;
  readonly details?: Details;
  /** Entries that are missing before it. */
  readonly missing?: number;
};

const node = (actorDid: string, weight = 1): Event => ({
  operation: "node_added",
  actorDid,
  details: { weight },
});
const proposal = (proposalId = "p", kind = "authorize-model", subjectId = "m"): Event => ({
  operation: "proposal_created",
  proposalId,
  subjectId,
  kind,
  actorDid: "alice",
});
const vote = (actorDid: string, decision = "approve", details: Details = {}): Event => ({
  operation: "vote_cast",
  proposalId: "p",
  actorDid,
  decision,
  details: { actor_type: "human", ...details },
});
const flag = (actorDid: string): Event => ({
  operation: "byzantine_detected",
  proposalId: "p",
  actorDid,
  details: { prior_decision: "approve", conflicting_decision: "reject" },
});
const result = (details: Details = {}, proposalId = "p"): Event => ({
  operation: "consensus_reached",
  proposalId,
  actorDid: "alice",
  decision: "passed",
  details: { approve_weight: 1, reject_weight: 0, abstain_weight: 0, total_weight: 2, ...details },
});
const grant = (details: Details = {}, proposalId = "p", subjectId = "m"): Event => ({
  operation: "authorization_granted",
  proposalId,
  subjectId,
  kind: "authorize-model",
  details,
});
const revoke = (kind: string, subjectId = "m"): Event => ({
  operation: "authorization_revoked",
  subjectId,
  kind,
});
const delegate = (subjectId: string): Event => ({
  operation: "authorization_granted",
  subjectId,
  kind: "delegation",
});
const use = (timestamp?: string): Event => ({
  operation: "model_invoked",
  subjectId: "m",
  ...(timestamp === undefined ? {} : { timestamp }),
});

const ATTACKS: Readonly<Record<string, (n: number) => readonly Event[]>> = {
  "results after votes": (n) => [
    ...many(n, (index) => [node(`v${index}`)]),
    proposal(),
    ...many(n, (index) => [vote(`v${index}`)]),
    ...many(n, () => [result()]),
  ],
  "results between votes": (n) => [
    ...many(n, (index) => [node(`v${index}`)]),
    proposal(),
    ...many(n, (index) => [vote(`v${index}`), result()]),
  ],
  "results between votes and changes of members": (n) => [
    ...many(n, (index) => [node(`v${index}`)]),
    proposal(),
    ...many(n, (index) => [vote(`v${index}`), node(`v${index}`, 2), result()]),
  ],
  "results between delegations": (n) => [
    proposal(),
    ...many(n, (index) => [delegate(`v${index}`), vote(`v${index}`), result()]),
  ],
  "grants of a proposal without a kind": (n) => [
    { operation: "proposal_created", proposalId: "p", subjectId: "m" },
    ...many(n, (index) => [vote(`v${index}`)]),
    result(),
    vote("bob"),
    result(),
    ...many(n, () => [grant()]),
  ],
  "results between changed votes": (n) => [
    proposal(),
    ...many(n, (index) => [vote("bob", index % 2 === 0 ? "approve" : "reject"), result()]),
  ],
  "results between flags": (n) => [
    proposal(),
    ...many(n, (index) => [vote(`v${index}`), vote(`v${index}`, "reject")]),
    ...many(n, (index) => [flag(`v${index}`), result()]),
  ],
  "votes of strangers": (n) => [
    proposal(),
    ...many(n, (index) => [vote(`v${index}`)]),
    ...many(n, () => [result()]),
  ],
  "voters with two answers who are flagged": (n) => [
    proposal(),
    ...many(n, (index) => [vote(`v${index}`), vote(`v${index}`, "reject")]),
    ...many(n, (index) => [flag(`v${index}`)]),
    result(),
  ],
  "flags of one voter": (n) => [proposal(), ...many(n, () => [vote("bob"), flag("bob")]), result()],
  "changes of one vote": (n) => [
    proposal(),
    ...many(n, (index) => [vote("bob", index % 2 === 0 ? "approve" : "reject")]),
    result(),
  ],
  "votes of a voter with two answers": (n) => [
    proposal(),
    ...many(n, () => [vote("bob")]),
    vote("bob", "reject"),
    ...many(n, () => [vote("bob")]),
    result(),
    ...many(n, () => [vote("bob")]),
  ],
  "votes with one id": (n) => [
    proposal(),
    ...many(n, () => [vote("bob", "approve", { vote_id: "one" })]),
  ],
  "nodes with fractions of weight": (n) => many(n, (index) => [node(`v${index}`, 0.1)]),
  "changes of a node": (n) => [
    ...many(n, (index) => [node("carol", index)]),
    proposal(),
    ...many(n, () => [vote("carol"), node("carol", 3)]),
    result(),
  ],
  "proposals under one id": (n) => many(n, () => [proposal()]),
  "grants by one decision": (n) => [proposal(), result(), ...many(n, () => [grant()])],
  "grants of a subject": (n) => [
    ...many(n, (index) => [grant({}, `p${index}`)]),
    ...many(n, () => [use()]),
    revoke("revoke-model"),
  ],
  "grants of a subject that expire, and uses of it": (n) =>
    many(n, (index) => [grant({ valid_until: timeOf(2 * index) }, `p${index}`), use()]),
  "freezes of everything": (n) => [
    ...many(n, (index) => [grant({}, `p${index}`, `m${index}`)]),
    ...many(n, () => [revoke("emergency-freeze", "*")]),
    ...many(n, (index) => [{ ...use(), subjectId: `m${index}` }]),
  ],
  "operations of the app's own": (n) => [
    proposal(),
    ...many(n, () => [{ operation: "note_taken", proposalId: "p" }]),
  ],
  gaps: (n) => [
    node("bob"),
    proposal(),
    ...many(n, () => [{ ...vote("bob"), missing: 1 }, result()]),
  ],
};

test.each(Object.entries(ATTACKS))("many %s: the work grows with them", async (_, attack) => {
  const few = await workOf(attack(FEW));
  expect((await workOf(attack(TIMES * FEW))) / few).toBeLessThan(MOST);
});

test("findings, a subject and a proposal are asked for after each entry", async () => {
  const work = (n: number) => {
    const entries = entriesOf(
      many(n, (index) => [
        proposal(`p${index}`, "authorize-model", `m${index}`),
        grant({}, `p${index}`, `m${index}`),
      ]),
    );
    return counter.workOf(() => {
      const trail = replay([]);
      for (const entry of entries) {
        trail.feed(entry);
        trail.subject(entry.subjectId ?? "");
        trail.proposal(entry.proposalId ?? "");
      }
    });
  };
  const few = await work(FEW);
  expect((await work(TIMES * FEW)) / few).toBeLessThan(MOST);
});

test("answers about every subject and proposal share what was found", async () => {
  const work = (n: number) => {
    const entries = entriesOf(many(n, (index) => [grant({}, `p${index}`, `m${index}`)])).slice(2);
    return counter.workOf(() => {
      const trail = replay(entries);
      const found = entries.flatMap(({ subjectId = "" }) => trail.subject(subjectId).findings);
      const cases = entries.flatMap(
        ({ proposalId = "" }) => trail.proposal(proposalId)?.findings ?? [],
      );
      expect(found).toEqual(cases);
      expect(found).toEqual(trail.findings().filter(({ rule }) => rule !== "history-missing"));
    });
  };
  const few = await work(FEW);
  expect((await work(TIMES * FEW)) / few).toBeLessThan(MOST);
});

test("what was found is asked for again when an entry came", () => {
  const all = entriesOf([proposal(), result(), grant()]);
  const trail = replay(all.slice(0, 2));
  const told = all.slice(2).map((entry) => {
    trail.feed(entry);
    return trail.proposal("p")?.findings.map(({ rule }) => rule);
  });
  const afterwards = [3, 4, 5].map((length) =>
    replay(all.slice(0, length))
      .findings()
      .filter(({ proposalId }) => proposalId === "p")
      .map(({ rule }) => rule),
  );
  expect(told).toEqual(afterwards);
});

/** The work to feed a trail, and to ask each question about it. */
async function workOf(events: readonly Event[]): Promise<number> {
  const entries = entriesOf(events);
  return await counter.workOf(() => {
    const trail = replay([], { policy: POLICY });
    for (const entry of entries) trail.feed(entry);
    trail.findings();
    trail.standing();
    trail.standing(trail.lastSequence >>> 1);
    trail.standing(new Date(trail.now));
    trail.members();
    trail.subject("m");
    trail.proposals();
    trail.oversight();
  });
}

function many(times: number, events: (index: number) => readonly Event[]): Event[] {
  return Array.from({ length: times }, (_, index) => events(index)).flat();
}

function entriesOf(events: readonly Event[]): AuditEntry[] {
  let sequence = -1;
  return [node("alice"), node("bob"), ...events].map(({ missing = 0, ...event }) => {
    sequence += 1 + missing;
    return {
      sequence,
      id: String(sequence),
      timestamp: timeOf(sequence),
      details: {},
      leafHash: "",
      ...event,
    } as AuditEntry;
  });
}

function timeOf(sequence: number): string {
  return new Date(START + sequence * 1000).toISOString();
}
