import { describe, expect, test } from "vitest";
import type { AuditEvent, GovernanceAuditLogOptions } from "../../src/index.js";
import { attachedLog } from "../fixtures/attached-log.js";
import { NODE, PROPOSAL, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { recordedLog, refusal } from "../fixtures/recorded-log.js";

type Redact = NonNullable<GovernanceAuditLogOptions["redact"]>;

const DETAILS = { email: "a@example.org", list: [{ secret: 1 }] };

describe("the redact hook", () => {
  test("masks and drops data before it is sealed, stored or handed on", () => {
    const { audit, mirror } = recordedLog({
      redact: (event) => ({
        ...event,
        actorDid: "did:masked",
        details: { ...event.details, email: "***" },
      }),
    });
    const entry = audit.log({
      operation: "policy_updated",
      actorDid: "did:pqaid:alice",
      details: DETAILS,
    });
    expect(entry).toMatchObject({
      actorDid: "did:masked",
      details: { email: "***", list: [{ secret: 1 }] },
    });
    expect(audit.count({ actorDid: "did:pqaid:alice" })).toBe(0);
    expect(audit.count({ actorDid: "did:masked" })).toBe(1);
    const everything = audit.exportNdjson() + audit.exportJson() + JSON.stringify(mirror.seen);
    expect(everything).not.toContain("example.org");
    expect(everything).not.toContain("did:pqaid:alice");
  });

  test("gets each helper's event with the columns and details of its operation", () => {
    const seen: AuditEvent[] = [];
    const { audit } = recordedLog({
      redact: (event) => {
        seen.push(event);
        return event;
      },
    });
    audit.logVoteCast({ vote: SIGNED_VOTE.vote });
    audit.logNodeRemoved(NODE);
    expect(seen).toEqual([
      {
        operation: "vote_cast",
        proposalId: "urn:pqc-gov-prop:7f3a",
        actorDid: "did:pqaid:bob",
        decision: "approve",
        details: {
          vote_id: "urn:pqc-gov-vote:c472f7",
          rationale: "The evaluation is sound.",
          cast_at: "2026-04-14T11:30:00.000Z",
        },
      },
      { operation: "node_removed", actorDid: "did:pqaid:dave", details: {} },
    ]);
  });

  test("gets the time of an event, and may change it", () => {
    const { audit } = recordedLog({
      redact: (event) => {
        const day = event.timestamp?.toISOString().slice(0, 10);
        return { ...event, timestamp: day === undefined ? undefined : new Date(day) };
      },
    });
    const timestamp = new Date("2001-02-03T04:05:06.789Z");
    expect(audit.log({ operation: "policy_updated", timestamp }).timestamp).toBe(
      "2001-02-03T00:00:00.000Z",
    );
  });

  test("gets a copy that it may change", () => {
    const { audit } = recordedLog({
      redact: (event) => {
        const details = event.details as { email?: string; list: { secret: number }[] };
        delete details.email;
        for (const item of details.list) item.secret = 0;
        event.timestamp?.setTime(0);
        return event;
      },
    });
    const details = structuredClone(DETAILS);
    const timestamp = new Date("2001-02-03T04:05:06.789Z");
    const entry = audit.log({ operation: "policy_updated", details, timestamp });
    expect(entry).toMatchObject({
      details: { list: [{ secret: 0 }] },
      timestamp: "1970-01-01T00:00:00.000Z",
    });
    expect(entry.details).not.toHaveProperty("email");
    expect(details).toEqual(DETAILS);
    expect(timestamp.toISOString()).toBe("2001-02-03T04:05:06.789Z");
  });

  test("gets own keys such as __proto__ as data", () => {
    const { audit } = recordedLog({ redact: (event) => event });
    const entry = audit.log({
      operation: "policy_updated",
      details: JSON.parse('{"__proto__":{"a":1}}'),
    });
    expect(JSON.stringify(entry.details)).toBe('{"__proto__":{"a":1}}');
  });

  test("returns an event that is copied: a later change of it has no effect", () => {
    const returned = { operation: "policy_updated", details: { email: "***" } };
    const { audit } = recordedLog({ redact: () => returned });
    const entry = audit.log({ operation: "policy_updated" });
    returned.details.email = "a@example.org";
    expect(entry.details).toEqual({ email: "***" });
  });

  test("is not called for input that is refused", () => {
    let asked = 0;
    const { audit } = recordedLog({
      redact: (event) => {
        asked++;
        return event;
      },
    });
    refusal(() => audit.logProposalCreated({ ...PROPOSAL, proposalId: "" }));
    refusal(() => audit.log({ operation: "checkpoint" }));
    expect(asked).toBe(0);
  });
});

describe("a wrong redact hook refuses the event", () => {
  const cause = new Error("no policy loaded");
  const CASES: readonly [what: string, redact: unknown, error: object][] = [
    [
      "one that throws",
      () => {
        throw cause;
      },
      { field: "redact", cause },
    ],
    ["one that returns nothing", () => undefined, { field: "event" }],
    ["one that returns null", () => null, { field: "event" }],
    ["one that returns a promise", async (event: AuditEvent) => event, { field: "operation" }],
    [
      "one that changes the operation",
      (event: AuditEvent) => ({ ...event, operation: "node_removed" }),
      { field: "redact" },
    ],
    [
      "one that drops the operation",
      ({ operation: _, ...event }: AuditEvent) => event,
      { field: "operation" },
    ],
    [
      "one that adds a value that is not JSON",
      (event: AuditEvent) => ({ ...event, details: { masked: new Map() } }),
      { field: "details.masked" },
    ],
    [
      "one that leaves the vocabulary",
      (event: AuditEvent) => ({ ...event, decision: "masked" }),
      { field: "decision" },
    ],
  ];

  test.each(CASES)("%s", (_, redact, expected) => {
    let active = true;
    const { audit, mirror, errors } = recordedLog({
      redact: (event) => (active ? (redact as Redact)(event) : event),
    });
    const error = refusal(() => audit.logVoteCast(SIGNED_VOTE));
    expect(error).toMatchObject({ code: "invalid_entry", ...expected });
    expect(audit.length).toBe(0);
    expect(audit.ledger().accepted).toBe(0);
    expect(mirror.records).toEqual([]);
    expect(errors).toEqual([]);
    active = false;
    expect(audit.logVoteCast(SIGNED_VOTE).sequence).toBe(0);
  });

  test("removes data from a record of the app's own logger, also from its attributes", () => {
    const { provider, after, mirror } = attachedLog({
      redact: ({ operation, details }) => ({
        operation,
        details: { note: details?.["note"] ?? null },
      }),
    });
    provider.getLogger("app").emit({
      body: "mail to a@example.org",
      attributes: {
        "governance.operation": "policy_updated",
        "governance.actor.did": "did:pqaid:alice",
        "governance.details.note": "kept",
        email: "a@example.org",
      },
    });
    expect(mirror.records).toHaveLength(1);
    const everything = JSON.stringify([after.seen, mirror.seen]);
    expect(everything).toContain("kept");
    expect(everything).not.toContain("example.org");
    expect(everything).not.toContain("alice");
  });
});
