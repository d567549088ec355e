import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import {
  ACTOR_DETAILS,
  ATTR_GOVERNANCE_DETAILS_PREFIX,
  LOG_OPERATIONS,
  OPERATION_DETAILS,
  OPERATION_RULE_VIOLATED,
  OPERATIONS,
  RULE_VIOLATED_DETAILS,
} from "quorumlog";
import { describe, expect, onTestFinished, test } from "vitest";
import { ATTRIBUTE_CONVENTIONS, METRIC_CONVENTIONS } from "../../scripts/conventions.ts";
import { DASHBOARD_UID, placeholder } from "../../scripts/dashboard-panels.ts";
import {
  LOGQL,
  type LogqlQuery,
  logqlName,
  PROMQL,
  promqlName,
  withoutVariables,
} from "../../scripts/dashboard-queries.ts";
import { LONG } from "../fixtures/long-runs.js";

const ROOT = resolve(import.meta.dirname, "../..");
const TEXT = readFileSync(resolve(ROOT, "deploy/grafana/dashboard.json"), "utf8");

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly queryType?: string;
  readonly datasource: { readonly uid: string };
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly gridPos: {
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };
    readonly targets?: readonly Target[];
    readonly datasource?: { readonly uid: string };
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[];
  };
}

const DASHBOARD: Dashboard = JSON.parse(TEXT);
const TARGETS = DASHBOARD.panels.flatMap(({ targets = [] }) => targets);
const LOKI_TARGETS = TARGETS.filter(({ datasource }) => datasource.uid === placeholder("loki"));

function run(...args: string[]): { status: number | null; stderr: string } {
  const script = resolve(ROOT, "scripts/dashboard.ts");
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  const { status, stderr } = spawnSync(process.execPath, [...flags, script, ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}

describe("deploy/grafana/dashboard.json", () => {
  test.runIf(LONG)("is up to date; after a wanted change: npm run docs:dashboard", () => {
    const folder = mkdtempSync(resolve(tmpdir(), "quorumlog-dashboard-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stale = resolve(folder, "stale.json");
    writeFileSync(stale, TEXT.replace("vote_cast", "vote_thrown"));
    expect(run("--check")).toEqual({ status: 0, stderr: "" });
    expect(run("--check", stale)).toEqual({
      status: 1,
      stderr: "stale.json is out of date; run: npm run docs:dashboard\n",
    });
  });

  test("has panels with ids of their own, which do not overlap", () => {
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of DASHBOARD.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24);
          expect(taken.get(`${x},${y}`), `${title} at ${x},${y}`).toBeUndefined();
          taken.set(`${x},${y}`, title);
        }
  });

  test("asks with every query of the list, and with no other", () => {
    const queries: readonly LogqlQuery[] = Object.values(LOGQL);
    expect(new Set(LOKI_TARGETS.map(({ expr }) => expr))).toEqual(
      new Set(queries.map(({ expr }) => expr)),
    );
    for (const { expr, queryType } of LOKI_TARGETS) {
      const kind = queries.find((query) => query.expr === expr)?.kind;
      expect(queryType, expr).toBe(kind === "instant" ? "instant" : "range");
    }
    const others = TARGETS.filter((target) => !LOKI_TARGETS.includes(target));
    expect(others.map(({ expr }) => expr).sort()).toEqual(Object.values(PROMQL).sort());
  });

  test("names no data source but its variables, and uses each variable that it has", () => {
    const names = DASHBOARD.templating.list.map(({ name }) => name);
    const sources = DASHBOARD.templating.list.filter(({ type }) => type === "datasource");
    const allowed = [...sources.map(({ name }) => `\${${name}}`), "-- Grafana --"];
    for (const [, uid] of TEXT.matchAll(/"uid": "([^"]*)"/g))
      if (uid !== DASHBOARD_UID) expect(allowed).toContain(uid);
    for (const name of names) expect(TEXT).toMatch(new RegExp(`\\$\\{?${name}\\b`));
    const used = [...TEXT.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    for (const name of used) expect(names).toContain(name);
  });

  test("links a trace id to its trace, by a valid address once the values are filled in", () => {
    const url = TEXT.match(/"url": "(\/explore[^"]*)"/)?.[1]
      ?.replaceAll(placeholder("tempo"), "t1")
      .replaceAll(placeholder("__from"), "0")
      .replaceAll(placeholder("__to"), "1")
      .replaceAll(placeholder("__value.raw"), "0af7651916cd43dd8448eb211c80319c");
    const panes = JSON.parse(new URL(url ?? "", "http://grafana").searchParams.get("panes") ?? "");
    expect(panes).toEqual({
      trace: {
        datasource: "t1",
        queries: [
          {
            refId: "A",
            datasource: { type: "tempo", uid: "t1" },
            queryType: "traceql",
            query: "0af7651916cd43dd8448eb211c80319c",
          },
        ],
        range: { from: "0", to: "1" },
      },
    });
  });
});

describe("the queries", () => {
  const details = [
    ...[...Object.values(OPERATION_DETAILS), ACTOR_DETAILS].flatMap(Object.keys),
    ...RULE_VIOLATED_DETAILS,
  ];
  const known = new Set(
    [
      ...ATTRIBUTE_CONVENTIONS.map(({ name }) => name),
      ...details.map((key) => ATTR_GOVERNANCE_DETAILS_PREFIX + key),
    ].map(logqlName),
  );

  test.each(Object.entries(LOGQL))(
    "%s names attributes and operations that records have",
    (_, { expr }) => {
      for (const [name] of expr.matchAll(/\b(?:governance|log_record)_\w+/g))
        expect(known).toContain(name);
      for (const [, operation] of expr.matchAll(/governance_operation="(\w+)"/g))
        expect([...OPERATIONS, OPERATION_RULE_VIOLATED, "checkpoint"]).toContain(operation);
    },
  );

  test("the trail and the authorizations show the type of the actor and the expiry", () => {
    const shown = (title: string) =>
      JSON.stringify(DASHBOARD.panels.find((panel) => panel.title === title));
    for (const title of ["The trail", "Authorizations in force"])
      for (const key of ["actor_type", "valid_until"])
        expect(shown(title), title).toContain(`governance_details_${key}`);
    expect(shown("The trail")).toContain("governance_details_expires_at");
  });

  test("a panel shows holds, releases and prunings, with who and why", () => {
    for (const operation of LOG_OPERATIONS) expect(LOGQL.retention.expr).toContain(operation);
    const shown = JSON.stringify(DASHBOARD.panels.find(({ title }) => title.startsWith("Holds")));
    for (const key of ["actor_type", "reason", "held_from", "held_before", "pruned_count"])
      expect(shown).toContain(`governance_details_${key}`);
    expect(shown).toContain("governance_actor_did");
  });

  test("name the metrics as Prometheus does", () => {
    expect(METRIC_CONVENTIONS.map(({ name }) => promqlName(name))).toContain(
      "quorumlog_delivery_pending_age_seconds",
    );
    const known = METRIC_CONVENTIONS.map(({ name }) => promqlName(name));
    for (const expr of Object.values(PROMQL))
      for (const [name] of expr.matchAll(/\b(?:quorumlog|otel_sdk)_\w+/g))
        expect(known).toContain(name);
    expect(() => promqlName("quorumlog.nothing")).toThrow("is not a metric");
  });

  test("have no variable left when the values are filled in, and input stays text", () => {
    for (const { expr } of Object.values(LOGQL))
      expect(withoutVariables(expr, { actor: "did:web:a.b" })).not.toContain("$");
    expect(withoutVariables(LOGQL.votes.expr, { service: "governance", actor: "a.b" })).toBe(
      '(sum(count_over_time({service_name=~"governance"} | governance_log_id=~`.*.*` | governance_proposal_id=~`.*.*` ' +
        '| governance_actor_did=~`.*a\\.b.*` | governance_operation="vote_cast" [6h]))) or vector(0)',
    );
  });
});
