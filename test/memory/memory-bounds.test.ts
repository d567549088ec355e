import { describe, expect, test } from "vitest";
import { GovernanceAuditLog } from "../../src/index.js";
import { atNoon, NODE } from "../fixtures/domain-objects.js";
import { recordedLog } from "../fixtures/recorded-log.js";

const sequences = (audit: GovernanceAuditLog, operation?: string): number[] =>
  audit.entries({ limit: 10_000, order: "oldest", operation }).map(({ sequence }) => sequence);

const heldBytes = (audit: GovernanceAuditLog): number => {
  let bytes = 0;
  for (const line of audit.lines()) bytes += Buffer.byteLength(line);
  return bytes;
};

describe("a log bounded by entries", () => {
  test("holds the newest, and counts all that it ever sealed", () => {
    const { audit, mirror } = recordedLog({ maxEntries: 3 });
    for (let index = 0; index < 10; index++) audit.logNodeRemoved(NODE);
    expect(sequences(audit)).toEqual([7, 8, 9]);
    expect(audit.length).toBe(3);
    expect(audit.ledger().accepted).toBe(10);
    expect(mirror.records).toHaveLength(10);
  });

  test("holds one entry when that is its bound", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 1 });
    for (let index = 0; index < 3; index++) {
      audit.logNodeRemoved(NODE);
      expect(sequences(audit)).toEqual([index]);
    }
  });

  test("forgets an evicted entry in every index", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 2 });
    audit.log({
      operation: "proposal_created",
      proposalId: "p1",
      subjectId: "m1",
      kind: "delegation",
      actorDid: "alice",
      decision: "x",
    });
    const first = {
      proposalId: "p1",
      subjectId: "m1",
      kind: "delegation",
      actorDid: "alice",
      decision: "x",
    };
    for (const [column, value] of Object.entries(first))
      expect(audit.count({ [column]: value })).toBe(1);
    audit.logNodeAdded(NODE);
    audit.logNodeAdded(NODE);
    for (const [column, value] of Object.entries(first))
      expect(audit.count({ [column]: value })).toBe(0);
    expect(audit.count({ operation: "proposal_created" })).toBe(0);
    expect(audit.get(0)).toBeUndefined();
    expect(sequences(audit, "node_added")).toEqual([1, 2]);
  });

  test("keeps an evicted entry whole for who holds it", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 1 });
    const evicted = audit.logNodeAdded(NODE);
    audit.logNodeRemoved(NODE);
    expect(evicted.details).toEqual({ name: "Dave's node", weight: 2 });
    expect(audit.get(evicted.sequence)).toBeUndefined();
  });

  test("stays right over many times its bound", () => {
    const audit = new GovernanceAuditLog({ maxEntries: 1500 });
    for (let index = 0; index < 10_000; index++)
      audit.log({ operation: index % 3 === 0 ? "every_third" : "other" });
    const held = Array.from({ length: 1500 }, (_, index) => 8500 + index);
    expect(sequences(audit)).toEqual(held);
    expect(sequences(audit, "every_third")).toEqual(held.filter((sequence) => sequence % 3 === 0));
    expect(audit.count({ operation: "other" })).toBe(1000);
  });
});

describe("a log bounded by bytes", () => {
  test("holds as many of the newest entries as fit, counted in UTF-8 of their lines", () => {
    const audit = new GovernanceAuditLog({ maxBytes: 4000, clock: atNoon });
    for (let index = 0; index < 40; index++) {
      audit.log({ operation: "policy_updated", details: { note: "€".repeat((index * 37) % 300) } });
      const held = sequences(audit);
      expect(held.at(-1)).toBe(index);
      expect(heldBytes(audit)).toBeLessThanOrEqual(4000);
      // one more at the old end would not have fitted
      const evicted = (held[0] ?? 0) - 1;
      const line = evicted < 0 ? 4000 : lineOf(evicted);
      expect(heldBytes(audit) + line).toBeGreaterThan(4000);
    }
    expect(audit.length).toBeGreaterThan(2);
  });

  /** The size of the line that the loop above wrote at an index. */
  function lineOf(index: number): number {
    const alone = new GovernanceAuditLog({ clock: atNoon });
    for (let filler = 0; filler < (index < 10 ? 0 : 10); filler++)
      alone.log({ operation: "filler" });
    alone.log({ operation: "policy_updated", details: { note: "€".repeat((index * 37) % 300) } });
    return Buffer.byteLength([...alone.lines()].at(-1) ?? "");
  }

  test("records an entry that is larger than the bound, hands it on, and holds nothing", () => {
    const { audit, mirror } = recordedLog({ maxBytes: 300 });
    const small = audit.logNodeRemoved({ did: "d" });
    expect(audit.length).toBe(1);
    const large = audit.logNodeRemoved({ did: "d".repeat(400) });
    expect([small.sequence, large.sequence]).toEqual([0, 1]);
    expect(audit.length).toBe(0);
    expect(audit.entries()).toEqual([]);
    expect(mirror.records).toHaveLength(2);
    expect(audit.logNodeRemoved({ did: "d" }).sequence).toBe(2);
    expect(sequences(audit)).toEqual([2]);
  });

  test("is bounded by entries as well", () => {
    const audit = new GovernanceAuditLog({ maxBytes: 1_000_000, maxEntries: 2 });
    for (let index = 0; index < 5; index++) audit.logNodeRemoved(NODE);
    expect(sequences(audit)).toEqual([3, 4]);
  });

  test("has all its room again after a clear", () => {
    const audit = new GovernanceAuditLog({ maxBytes: 3000, clock: atNoon });
    for (let index = 0; index < 100; index++) audit.logNodeRemoved(NODE);
    const held = audit.length;
    audit.clear();
    for (let index = 0; index < 100; index++) audit.logNodeRemoved(NODE);
    expect(audit.length).toBe(held);
  });
});

describe("clear", () => {
  test("empties memory alone: sequence, ledger and mirrors go on", () => {
    const { audit, mirror } = recordedLog();
    audit.logNodeAdded(NODE);
    audit.logNodeAdded(NODE);
    audit.clear();
    expect(audit.length).toBe(0);
    expect(audit.entries()).toEqual([]);
    expect(audit.exportNdjson()).toBe("");
    expect(audit.get(1)).toBeUndefined();
    expect(audit.ledger().accepted).toBe(2);
    expect(audit.logNodeRemoved(NODE).sequence).toBe(2);
    expect(sequences(audit)).toEqual([2]);
    expect(mirror.attribute("governance.sequence")).toEqual([0, 1, 2]);
  });

  test("of an empty log changes nothing", () => {
    const audit = new GovernanceAuditLog();
    audit.clear();
    audit.clear();
    expect(audit.logNodeRemoved(NODE).sequence).toBe(0);
    expect(audit.length).toBe(1);
  });
});
