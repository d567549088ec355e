import { expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Policy } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";

/*
 * What somebody may write many times, to make answers slow. Where the work grows with the number of
 * entries, each takes some tenths of a second; where it grows with its square, many times the most
 * that is allowed here.
 */

/** Of processor time, so that other work on the machine counts little. */
const MOST_SECONDS = 5;
const START = Date.parse("2026-04-14T12:00:00Z");
const POLICY: Policy = { requiresAuthorization: ["model_invoked"] };

type Column = "proposalId" | "subjectId" | "kind" | "actorDid" | "decision";
type Event = Partial<Record<Column, string>> & {
  readonly operation: string;
  readonly details?: Readonly<Record<string, string | number>>;
};

const node = (actorDid: string): Event => ({
  operation: "node_added",
  actorDid,
  details: { weight: 1 },
});
const proposal = (proposalId: string): Event => ({
  operation: "proposal_created",
  proposalId,
  subjectId: "m",
  kind: "authorize-model",
  actorDid: "alice",
});
const vote = (actorDid: string, decision = "approve"): Event => ({
  operation: "vote_cast",
  proposalId: "p",
  actorDid,
  decision,
});
const flag = (actorDid: string): Event => ({
  operation: "byzantine_detected",
  proposalId: "p",
  actorDid,
  details: { prior_decision: "approve", conflicting_decision: "reject" },
});
const result = (proposalId: string): Event => ({
  operation: "consensus_reached",
  proposalId,
  actorDid: "alice",
  decision: "passed",
  details: { approve_weight: 1, reject_weight: 0, abstain_weight: 0, total_weight: 2 },
});
const grant = (proposalId: string, subjectId: string, until?: number): Event => ({
  operation: "authorization_granted",
  proposalId,
  subjectId,
  kind: "authorize-model",
  ...(until === undefined ? {} : { details: { valid_until: timeOf(until) } }),
});
const revoke = (proposalId: string, subjectId: string, kind: string): Event => ({
  operation: "authorization_revoked",
  proposalId,
  subjectId,
  kind,
});
const use = (subjectId: string): Event => ({ operation: "model_invoked", subjectId });

const ATTACKS: Readonly<Record<string, () => Iterable<Event>>> = {
  "one voter changes its answer again and again": () => [
    proposal("p"),
    ...many(14_000, (index) => [vote("bob", index % 2 === 0 ? "approve" : "reject")]),
    result("p"),
  ],
  "many voters give two answers, and are flagged": () => [
    proposal("p"),
    ...many(3000, (index) => [vote(`v${index}`), vote(`v${index}`, "reject")]),
    ...many(3000, (index) => [flag(`v${index}`)]),
    result("p"),
  ],
  "one voter is flagged again and again": () => [
    proposal("p"),
    ...many(1500, () => [vote("bob"), flag("bob")]),
    result("p"),
  ],
  "many grants of a subject expire, and it is used": () =>
    many(7000, (index) => [grant(`p${index}`, "m", 2 * index), use("m")]),
  "many subjects have grants, and everything is frozen again and again": () => [
    ...many(3000, (index) => [grant(`p${index}`, `m${index}`)]),
    ...many(3000, (index) => [revoke(`f${index}`, "*", "emergency-freeze")]),
    ...many(3000, (index) => [use(`m${index}`)]),
  ],
};

test.each(Object.entries(ATTACKS))("%s: the work grows with the entries", (_, events) => {
  const entries = entriesOf(events());
  const began = process.cpuUsage();
  const trail = replay([], { policy: POLICY });
  for (const entry of entries) trail.feed(entry);
  const half = entries[Math.floor(entries.length / 2)];
  trail.findings();
  trail.standing();
  trail.standing(half?.sequence ?? 0);
  trail.standing(new Date(half?.timestamp ?? 0));
  trail.subject("m");
  trail.oversight();
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1e6).toBeLessThan(MOST_SECONDS);
});

test("answers about every subject and proposal share what was found", () => {
  const entries = entriesOf(many(6000, (index) => [grant(`p${index}`, `m${index}`)]));
  const began = process.cpuUsage();
  const trail = replay(entries);
  const found = entries.flatMap(({ subjectId }) =>
    subjectId === undefined ? [] : trail.subject(subjectId).findings,
  );
  const cases = entries.flatMap(({ proposalId }) =>
    proposalId === undefined ? [] : (trail.proposal(proposalId)?.findings ?? []),
  );
  const { user, system } = process.cpuUsage(began);
  expect(found).toEqual(cases);
  expect(found).toEqual(trail.findings().filter(({ rule }) => rule !== "history-missing"));
  expect((user + system) / 1e6).toBeLessThan(MOST_SECONDS);
});

test("what was found is asked for again when an entry came", () => {
  const [first, second, ...entries] = entriesOf([proposal("p"), result("p"), grant("p", "m")]);
  const trail = replay([first, second].filter((entry) => entry !== undefined));
  const told = entries.map((entry) => {
    trail.feed(entry);
    return trail.proposal("p")?.findings.map(({ rule }) => rule);
  });
  const afterwards = [3, 4, 5].map((length) =>
    replay(entriesOf([proposal("p"), result("p"), grant("p", "m")]).slice(0, length))
      .findings()
      .filter(({ proposalId }) => proposalId === "p")
      .map(({ rule }) => rule),
  );
  expect(told).toEqual(afterwards);
});

function many(times: number, events: (index: number) => readonly Event[]): Event[] {
  return Array.from({ length: times }, (_, index) => events(index)).flat();
}

function entriesOf(events: Iterable<Event>): AuditEntry[] {
  return [node("alice"), node("bob"), ...events].map(
    (event, sequence) =>
      ({
        sequence,
        id: String(sequence),
        timestamp: timeOf(sequence),
        details: {},
        leafHash: "",
        ...event,
      }) as AuditEntry,
  );
}

function timeOf(sequence: number): string {
  return new Date(START + sequence * 1000).toISOString();
}
