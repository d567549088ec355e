import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../src/index.js";
import { oracleLine } from "../fixtures/canonical-form.js";
import { atNoon, NODE, NOON, RESULT, SIGNED_VOTE, ticking } from "../fixtures/domain-objects.js";
import { OPERATION_CALLS } from "../fixtures/operation-calls.js";
import { recordedLog } from "../fixtures/recorded-log.js";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("all eight operations have a call in this table", () => {
  expect(OPERATION_CALLS.map(({ operation }) => operation)).toEqual([...OPERATIONS]);
});

describe.each(OPERATION_CALLS)("$operation", ({ operation, call, columns, details }) => {
  test("writes the columns and details that the domain object has, and nothing else", () => {
    const { audit } = recordedLog({ clock: atNoon });
    const { id, leafHash, ...rest } = call(audit);
    expect(rest).toStrictEqual({ sequence: 0, timestamp: NOON, operation, details, ...columns });
    expect(id).toMatch(UUID_V4);
    expect(leafHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is found by entries and get as the same object", () => {
    const { audit } = recordedLog();
    const entry = call(audit);
    expect(audit.entries({ operation })).toEqual([entry]);
    expect(audit.entries()[0]).toBe(entry);
    expect(audit.get(0)).toBe(entry);
  });

  test("has a canonical line as RFC 8785 requires it", () => {
    const { audit } = recordedLog();
    const entry = call(audit);
    expect([...audit.lines()]).toEqual([oracleLine(audit.logId, entry)]);
  });

  test("has the RFC 9162 leaf hash of its line", () => {
    const { audit } = recordedLog();
    const entry = call(audit);
    const [line = ""] = audit.lines();
    const bytes = Buffer.concat([Buffer.of(0), Buffer.from(line, "utf8")]);
    expect(entry.leafHash).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("is deeply frozen", () => {
    const entry = call(recordedLog().audit);
    expect(Object.isFrozen(entry)).toBe(true);
    expect(Object.isFrozen(entry.details)).toBe(true);
    expect(() => Object.assign(entry, { operation: "node_added" })).toThrow(TypeError);
    expect(() => Object.assign(entry.details, { forged: true })).toThrow(TypeError);
  });
});

describe("a helper", () => {
  test("takes an unsigned result, and keeps the empty actor", () => {
    const { audit } = recordedLog();
    const entry = audit.logConsensusReached({ ...RESULT, signerDid: "" });
    expect(entry.actorDid).toBe("");
    expect(audit.entries({ actorDid: "" })).toEqual([entry]);
    expect(JSON.parse(audit.exportNdjson())).toMatchObject({ actor_did: "" });
  });

  test("takes an empty title, reason and name, a weight of 0, and no votes", () => {
    const { audit } = recordedLog();
    const result = audit.logConsensusReached({
      ...RESULT,
      reason: "",
      totalWeight: 0,
      includedVoteIds: [],
    });
    expect(result.details).toMatchObject({ reason: "", total_weight: 0, vote_count: 0 });
    expect(audit.logNodeAdded({ ...NODE, name: "", weight: 0 }).details).toEqual({
      name: "",
      weight: 0,
    });
  });

  test("records a weight of -0 as 0, as the line gives it back", () => {
    const { audit } = recordedLog();
    expect(audit.logNodeAdded({ ...NODE, weight: -0 }).details.weight).toBe(0);
    expect(audit.exportNdjson()).toContain('"weight":0');
  });

  test("takes domain objects that are instances of a class with getters", () => {
    class Ballot {
      get voteId(): string {
        return "v1";
      }
      get proposalId(): string {
        return "p1";
      }
      get voterDid(): string {
        return "did:pqaid:bob";
      }
      get decision(): "reject" {
        return "reject";
      }
    }
    const { audit } = recordedLog();
    expect(audit.logVoteCast({ vote: new Ballot() })).toMatchObject({
      proposalId: "p1",
      decision: "reject",
    });
  });

  test("keeps what was logged if the domain object changes afterwards", () => {
    const { audit } = recordedLog();
    const signed = { vote: { ...SIGNED_VOTE.vote } };
    const result = { ...RESULT, includedVoteIds: ["v1"] };
    const vote = audit.logVoteCast(signed);
    const consensus = audit.logConsensusReached(result);
    const before = audit.exportNdjson();
    signed.vote.voterDid = "did:pqaid:mallory";
    result.includedVoteIds.push("v2");
    expect(vote.actorDid).toBe("did:pqaid:bob");
    expect(consensus.details.vote_count).toBe(1);
    expect(audit.exportNdjson()).toBe(before);
  });
});

describe("a log", () => {
  test("numbers its entries 0, 1, 2 …", () => {
    const { audit } = recordedLog();
    expect(OPERATION_CALLS.map(({ call }) => call(audit).sequence)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  test("gives each entry an id of its own", () => {
    const { audit } = recordedLog();
    const ids = new Set<string>();
    for (let index = 0; index < 2000; index++) ids.add(audit.logNodeRemoved(NODE).id);
    expect(ids.size).toBe(2000);
    for (const id of ids) expect(id).toMatch(UUID_V4);
  });

  test("returns the newest hundred entries, newest first, without a query", () => {
    const { audit } = recordedLog();
    for (let index = 0; index < 101; index++) audit.logNodeRemoved(NODE);
    const sequences = audit.entries().map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: 100 }, (_, index) => 100 - index));
  });

  test("counts what it sealed in its ledger, which has no line for a plain mirror", () => {
    const { audit } = recordedLog();
    expect(audit.ledger()).toEqual({ accepted: 0, mirrors: {} });
    for (const { call } of OPERATION_CALLS) call(audit);
    expect(audit.ledger()).toEqual({ accepted: 8, mirrors: {} });
  });

  test("leaves recordedAt out of an entry that was recorded when it happened", () => {
    const { audit } = recordedLog({ clock: ticking(1) });
    const entry = audit.logNodeAdded(NODE);
    expect(entry.timestamp).toBe("2026-04-14T12:00:00.000Z");
    expect(entry).not.toHaveProperty("recordedAt");
    expect(entry).not.toHaveProperty("traceId");
    expect(entry).not.toHaveProperty("spanId");
  });

  test("returns a new array each time, so that a caller may change it", () => {
    const { audit } = recordedLog();
    audit.logNodeAdded(NODE);
    audit.entries().pop();
    audit.page().entries.pop();
    expect(audit.entries()).toHaveLength(1);
    expect(audit.page().entries).toHaveLength(1);
  });
});
