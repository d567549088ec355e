import { expect, test } from "vitest";
import type { AuditEntry } from "../../src/entry/audit-entry.js";
import type { Policy } from "../../src/governance/facts/policy.js";
import { replay } from "../../src/governance/replay.js";

/*
 * What somebody may write many times, to make answers slow. Where the work grows with the number of
 * entries, each takes some tenths of a second; where it grows with its square, many seconds.
 */

/** Fewer where the quadratic work is heavy enough. */
const TIMES = 3000;
const MORE_TIMES = 20_000;
/** Of processor time, so that other work on the machine does not count. */
const MOST_SECONDS = 2;
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
const proposal = (proposalId: string, subjectId = "m", kind = "authorize-model"): Event => ({
  operation: "proposal_created",
  proposalId,
  subjectId,
  kind,
  actorDid: "alice",
});
const vote = (actorDid: string, decision = "approve", voteId?: string): Event => ({
  operation: "vote_cast",
  proposalId: "p",
  actorDid,
  decision,
  ...(voteId === undefined ? {} : { details: { vote_id: voteId } }),
});
const flag = (actorDid: string): Event => ({
  operation: "byzantine_detected",
  proposalId: "p",
  actorDid,
  details: { prior_decision: "approve", conflicting_decision: "reject" },
});
const result = (proposalId: string, decision = "passed"): Event => ({
  operation: "consensus_reached",
  proposalId,
  actorDid: "alice",
  decision,
  details: { approve_weight: 1, reject_weight: 0, abstain_weight: 0, total_weight: 2 },
});
const grant = (proposalId: string, subjectId = "m", until?: number): Event => ({
  operation: "authorization_granted",
  proposalId,
  subjectId,
  kind: "authorize-model",
  ...(until === undefined ? {} : { details: { valid_until: timeOf(until) } }),
});
const revoke = (proposalId: string, subjectId = "m", kind = "revoke-model"): Event => ({
  operation: "authorization_revoked",
  proposalId,
  subjectId,
  kind,
});
const use = (subjectId: string): Event => ({ operation: "model_invoked", subjectId });

const ATTACKS: Readonly<Record<string, () => Iterable<Event>>> = {
  "one voter gives the same answer again and again": () => [
    proposal("p"),
    ...many(() => [vote("bob")], MORE_TIMES),
    result("p"),
  ],
  "one voter changes its answer again and again": () => [
    proposal("p"),
    ...many((index) => [vote("bob", index % 2 === 0 ? "approve" : "reject")], MORE_TIMES),
    result("p"),
  ],
  "many voters give two answers, and are flagged": () => [
    proposal("p"),
    ...many((index) => [vote(`v${index}`), vote(`v${index}`, "reject")]),
    ...many((index) => [flag(`v${index}`)]),
    result("p"),
  ],
  "one voter is flagged again and again": () => [
    proposal("p"),
    ...many(() => [vote("bob"), flag("bob")]),
    result("p"),
  ],
  "many votes have the same id": () => [
    proposal("p"),
    ...many((index) => [vote(`v${index}`, "approve", "id")], MORE_TIMES),
  ],
  "a proposal has many results": () => [
    proposal("p"),
    ...many((index) => [result("p", index % 2 === 0 ? "rejected" : "other")], MORE_TIMES),
  ],
  "many grants of a subject expire, and it is used": () =>
    many((index) => [proposal(`p${index}`), grant(`p${index}`, "m", 4 * index), use("m")]),
  "many grants of a subject are in force, and each is revoked": () => [
    ...many((index) => [proposal(`p${index}`), result(`p${index}`), grant(`p${index}`)]),
    ...many((index) => [revoke(`p${index}`), use("other")]),
  ],
  "a proposal is granted and revoked again and again": () => [
    proposal("p"),
    result("p"),
    ...many(() => [grant("p"), revoke("p")]),
  ],
  "many subjects have grants, and everything is frozen again and again": () => [
    ...many((index) => [grant(`p${index}`, `m${index}`)]),
    ...many((index) => [revoke(`f${index}`, "*", "emergency-freeze")]),
    ...many((index) => [use(`m${index}`)]),
  ],
  "a node comes and goes by many proposals about it": () =>
    many((index) => [
      proposal(`p${index}`, "eve", "add-node"),
      result(`p${index}`),
      node("eve"),
      { operation: "node_removed", actorDid: "eve" },
    ]),
  "many nodes come": () => many((index) => [node(`n${index}`)], MORE_TIMES),
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

function many(events: (index: number) => readonly Event[], length = TIMES): Event[] {
  return Array.from({ length }, (_, index) => events(index)).flat();
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
