import { describe, expect, test } from "vitest";
import { trailTable, wantsColours } from "../../examples/shared/trail-table.ts";
import { GovernanceAuditLog } from "../../src/index.js";
import { outputOf } from "./run-example.js";

describe("the demo", async () => {
  const [first, second] = await Promise.all([outputOf("federation.ts"), outputOf("federation.ts")]);
  const lines = first.split("\n");
  const table = lines.slice(0, lines.indexOf(""));

  test("prints the same in every run", () => {
    expect(second).toBe(first);
  });

  test("prints the trail as a table that fits 100 columns, and no control characters", () => {
    expect(table).toHaveLength(24);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(first).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test("tells the story in order", () => {
    const operations = table.slice(1).map((line) => line.trim().split(/\s+/)[2]);
    expect(operations.filter((operation, index) => operation !== operations[index - 1])).toEqual([
      "node_added",
      "proposal_created",
      "vote_cast",
      "byzantine_detected",
      "vote_cast",
      "consensus_reached",
      "authorization_granted",
      "proposal_created",
      "vote_cast",
      "consensus_reached",
      "emergency_freeze",
      "authorization_revoked",
      "node_removed",
    ]);
  });

  test("decides by weight, without the votes of the node that voted twice", () => {
    expect(table[14]).toMatch(
      /consensus_reached +alice +7f3a9c21 +passed +weight 4 of 6 approves, 4 needed$/,
    );
  });

  test("answers an auditor's questions", () => {
    expect(first).toContain("#14 proposal 7f3a9c21, at 2026-04-14T12:04:47.000Z");
    expect(first).toContain("#21 authorization_revoked");
    expect(first).toContain("#11 eve on 7f3a9c21: approve, then reject");
  });

  test("prints one canonical line and the first entry of the export", () => {
    const line = lines.find((candidate) => candidate.startsWith('{"'));
    expect(JSON.parse(line ?? "")).toMatchObject({ operation: "byzantine_detected", seq: 11, v: 1 });
    const exported = first.slice(first.lastIndexOf("\n{") + 1);
    expect(JSON.parse(exported)).toEqual({
      timestamp: "2026-04-14T12:00:00.000Z",
      operation: "node_added",
      proposal_id: null,
      subject_id: null,
      kind: null,
      actor_did: "did:pqaid:alice",
      decision: null,
      details: { name: "alice", weight: 1 },
    });
  });
});

describe("the table of a trail", () => {
  const audit = new GovernanceAuditLog();
  audit.logByzantineDetected({
    voterDid: "did:pqaid:eve\u001b[2J\u202e",
    proposalId: "urn:pqc-gov-prop:7f",
    priorDecision: "approve",
    conflictingDecision: "reject",
  });
  audit.log({ operation: "note_taken", details: { text: `a\nb ${"x".repeat(200)}` } });
  const entries = audit.entries({ order: "oldest" });

  test("shows control characters and cuts what is too long", () => {
    const lines = trailTable(entries);
    expect(lines).toHaveLength(3);
    expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(lines[1]).toContain("eve\\u{1b}[2J\\u{202e}");
    expect(lines[2]).toContain("text: a\\u{a}b xx");
    expect(lines[2]).toMatch(/^.{99}…$/);
  });

  test("is coloured on demand, by what should be seen at once", () => {
    const [header, byzantine, note] = trailTable(entries);
    const red = `\u001b[31m${byzantine}\u001b[39m`;
    expect(trailTable(entries, true)).toEqual([`\u001b[1m${header}\u001b[22m`, red, note]);
  });

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1" }, false],
    [false, {}, false],
    [undefined, { FORCE_COLOR: "1" }, false],
  ])("isTTY %s with %j: colours %s", (isTTY, env, wanted) => {
    expect(wantsColours(isTTY === undefined ? {} : { isTTY }, env)).toBe(wanted);
  });
});
