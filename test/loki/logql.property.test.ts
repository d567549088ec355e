import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LokiAuditReader } from "../../src/loki/index.js";
import { logqlString } from "../../src/loki/logql.js";
import { text } from "../fixtures/arbitrary-json.js";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { goString } from "../fixtures/go-string.ts";
import { parseLogql } from "../fixtures/logql-parser.ts";
import { readerOf, SELECTOR } from "../fixtures/loki-records.ts";
import { runs } from "../fixtures/long-runs.js";

const hostile = fc.oneof(
  text,
  fc.string({
    unit: fc.constantFrom('"', "\\", "`", "|", "=", "~", "\n", "\0", "{", "}", " ", "u0041", "x"),
  }),
  fc.constantFrom(
    '" | governance_operation!="',
    '\\" or 1=1',
    "`} |= `",
    "\\u0022",
    "{{.x}}",
    "\u2028",
    "\ufeff",
  ),
);

describe("a value in LogQL", () => {
  test("is one string, which Go reads as it was", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const written = logqlString(value);
        expect(goString(written)).toEqual({ value, length: written.length });
      }),
      { numRuns: runs(2000) },
    );
  });

  test("stays a value, whatever it looks like", async () => {
    await using loki = await FakeLoki.start();
    const reader = readerOf(loki, { logId: 'a"|`\\' });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (proposalId, actorDid) => {
        await reader.entries({
          proposalId: [proposalId, "p1"],
          actorDid,
          before: 9,
          since: new Date(5),
          details: { [actorDid]: proposalId, weight: 1e21 },
          traceId: "0af7651916cd43dd8448eb211c80319c",
        });
        const held = (value: string) => value.replaceAll("\ufffd", " ");
        expect(parseLogql(loki.queries.at(-1)?.query ?? "")).toEqual({
          light: false,
          matchers: [{ label: "service_name", operator: "=", value: "federation" }],
          texts: [
            `${JSON.stringify(actorDid)}:${JSON.stringify(proposalId)}`,
            '"weight":1e+21',
            '"trace_id":"0af7651916cd43dd8448eb211c80319c"',
          ],
          stages: [
            { label: "governance_log_id", operator: "=", value: 'a"|`\\' },
            { label: "governance_operation", operator: "!=", value: "checkpoint" },
            proposalId === "p1"
              ? { label: "governance_proposal_id", operator: "=", value: "p1" }
              : [held(proposalId), "p1"].map((value) => ({
                  label: "governance_proposal_id",
                  operator: "=",
                  value,
                })),
            { label: "governance_actor_did", operator: "=", value: held(actorDid) },
            { label: "governance_timestamp_millis", operator: ">=", value: 5 },
            { label: "governance_sequence", operator: "<", value: 9 },
          ],
        });
      }),
      { numRuns: runs(200) },
    );
  });

  test("that nothing can match asks nothing", async () => {
    await using loki = await FakeLoki.start();
    const reader = readerOf(loki);
    expect(await reader.entries({ proposalId: "\ud800" })).toEqual([]);
    expect(await reader.entries({ limit: 0 })).toEqual([]);
    expect(await reader.page({ before: 4, after: 3 })).toEqual({ entries: [] });
    expect(await reader.count({ since: new Date(2), until: new Date(2) })).toBe(0);
    expect(await reader.get(-1)).toBeUndefined();
    expect(await reader.get(0.5)).toBeUndefined();
    expect(loki.queries).toEqual([]);
  });

  test("that is too long for Loki is left out, and compared here", async () => {
    await using loki = await FakeLoki.start();
    expect(await readerOf(loki).entries({ proposalId: "x".repeat(200_000) })).toEqual([]);
    expect(loki.queries[0]?.query).not.toContain("proposal");
    const details = { note: "y".repeat(200_000), weight: 2 };
    expect(await readerOf(loki).entries({ kind: "k", details })).toEqual([]);
    const asked = loki.queries.at(-1)?.query;
    expect(asked).toContain(' |= "\\"weight\\":2" | ');
    expect(asked).toContain('governance_kind="k"');
    expect(asked).not.toContain("note");
  });
});

describe("a selector", () => {
  const open = (selector: string) =>
    new LokiAuditReader({ url: "http://localhost:3100", selector });

  test.each([
    SELECTOR,
    ' { service_name = "a", service_instance_id=~"b|c",x!="\\"}", y!~`"}` } ',
    '{a="}|= x"}',
  ])("passes: %s", (selector) => {
    open(selector);
  });

  test.each([
    "",
    "{}",
    "governance",
    'service_name="a"',
    '{service_name="a"} |= "x"',
    '{service_name="a"} | json',
    '{service_name="a"',
    '{service_name="a\n"}',
    '{a="b" or c="d"}',
    '{service_name="\ud800"}',
  ])("is refused: %j", (selector) => {
    expect(() => open(selector)).toThrow(
      expect.objectContaining({ code: "invalid_options", field: "selector" }),
    );
  });
});
