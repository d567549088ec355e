import { describe, expect, test } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { oracleLine } from "../fixtures/canonical-form.js";
import { atNoon, NODE, NOON, SIGNED_VOTE } from "../fixtures/domain-objects.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";

function fullLog(): GovernanceAuditLog {
  const audit = new GovernanceAuditLog({ clock: atNoon });
  for (const { call } of OPERATION_CALLS) call(audit);
  return audit;
}

describe("lines", () => {
  test("are the canonical lines of the entries in memory, oldest first, without line ends", () => {
    const audit = fullLog();
    const entries = audit.entries({ order: "oldest" });
    expect([...audit.lines()]).toEqual(entries.map((entry) => oracleLine(audit.logId, entry)));
  });

  test("are the bodies of the records", () => {
    const bodies: unknown[] = [];
    const audit = new GovernanceAuditLog({
      mirrors: [
        {
          onEmit: ({ body }) => bodies.push(body),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    for (const { call } of OPERATION_CALLS) call(audit);
    expect([...audit.lines()]).toEqual(bodies);
  });

  test("do not change while entries are added, evicted and cleared", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 3 });
    for (let index = 0; index < 3; index++) audit.logNodeAdded(NODE);
    const before = [...audit.lines()];
    const lines = audit.lines()[Symbol.iterator]();
    expect(lines.next().value).toBe(before[0]);
    audit.logNodeRemoved(NODE);
    expect(lines.next().value).toBe(before[1]);
    audit.clear();
    expect(lines.next().value).toBe(before[2]);
    expect(lines.next().done).toBe(true);
  });

  test("are those that memory holds at the call, not at the first iteration", () => {
    const audit = new GovernanceAuditLog();
    audit.logNodeAdded(NODE);
    const lines = audit.lines();
    audit.logNodeRemoved(NODE);
    audit.clear();
    expect([...lines]).toHaveLength(1);
  });

  test("can be left before their end, and read again", () => {
    const audit = fullLog();
    for (const line of audit.lines()) {
      expect(JSON.parse(line).seq).toBe(0);
      break;
    }
    expect([...audit.lines()]).toHaveLength(8);
  });

  test("are none for an empty log", () => {
    expect([...new GovernanceAuditLog().lines()]).toEqual([]);
  });
});

describe("exportNdjson", () => {
  test("ends each line, also the last one", () => {
    const audit = fullLog();
    expect(audit.exportNdjson()).toBe([...audit.lines()].map((line) => `${line}\n`).join(""));
  });

  test("is empty for an empty log", () => {
    expect(new GovernanceAuditLog().exportNdjson()).toBe("");
  });
});

describe("exportJson", () => {
  test("has eight keys for each entry in a fixed order, null where absent", () => {
    const audit = new GovernanceAuditLog({ clock: atNoon });
    audit.logVoteCast(SIGNED_VOTE);
    audit.logNodeRemoved(NODE);
    const rows = JSON.parse(audit.exportJson());
    expect(rows).toStrictEqual([
      {
        timestamp: NOON,
        operation: "vote_cast",
        proposal_id: "urn:pqc-gov-prop:7f3a",
        subject_id: null,
        kind: null,
        actor_did: "did:pqaid:bob",
        decision: "approve",
        details: {
          vote_id: "urn:pqc-gov-vote:c472f7",
          rationale: "The evaluation is sound.",
          cast_at: "2026-04-14T11:30:00.000Z",
          signature_algorithm: "ML-DSA-65",
          signature_digest:
            "sha256:5b46b2821536f0a33e3459a1492479c048f3262e423aaf0536c17b89ac1e6d11",
        },
      },
      {
        timestamp: NOON,
        operation: "node_removed",
        proposal_id: null,
        subject_id: null,
        kind: null,
        actor_did: "did:pqaid:dave",
        decision: null,
        details: {},
      },
    ]);
    for (const row of rows)
      expect(Object.keys(row)).toEqual([
        "timestamp",
        "operation",
        "proposal_id",
        "subject_id",
        "kind",
        "actor_did",
        "decision",
        "details",
      ]);
  });

  test("is indented by two spaces", () => {
    const audit = new GovernanceAuditLog({ clock: atNoon });
    audit.logNodeRemoved(NODE);
    expect(audit.exportJson()).toBe(`[
  {
    "timestamp": "${NOON}",
    "operation": "node_removed",
    "proposal_id": null,
    "subject_id": null,
    "kind": null,
    "actor_did": "did:pqaid:dave",
    "decision": null,
    "details": {}
  }
]`);
  });

  test("holds all entries, not only the hundred of a query", () => {
    const audit = new GovernanceAuditLog();
    for (let index = 0; index < 250; index++) audit.logNodeRemoved(NODE);
    expect(JSON.parse(audit.exportJson())).toHaveLength(250);
  });

  test("writes a detail named toJSON as data", () => {
    const audit = new GovernanceAuditLog();
    audit.log({ operation: "policy_updated", details: { toJSON: "x", nested: { toJSON: null } } });
    expect(JSON.parse(audit.exportJson())[0].details).toEqual({
      toJSON: "x",
      nested: { toJSON: null },
    });
  });

  test("is [] for an empty log", () => {
    expect(new GovernanceAuditLog().exportJson()).toBe("[]");
  });
});
