import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { countedIn, PROMQL, withoutVariables } from "../../scripts/dashboard-queries.ts";
import { PROMTOOL, pathOf } from "./programs.ts";

const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const promtool = pathOf(PROMTOOL);

/** The rule about rejected records, the only one that asks Prometheus, as a rule of Prometheus. */
function rejectedRule() {
  const { groups } = parse(readFileSync(join(DEPLOY, "grafana/alerts.yaml"), "utf8"));
  const rule = groups[0].rules.find(({ uid }: { uid: string }) => uid === "quorumlog-rejected");
  return {
    alert: "Rejected",
    expr: rule.data[0].model.expr,
    for: rule.for,
    labels: rule.labels,
    annotations: { summary: rule.annotations.summary },
  };
}

/** Samples, one a minute, in the notation of promtool: `_x10` is none for ten minutes,
 * `3x10` is 3, eleven times. */
interface Case {
  readonly title: string;
  readonly series: Readonly<Record<string, string>>;
  /** Minutes at which the alert fires, and at which it does not. */
  readonly fires: readonly number[];
  readonly silent: readonly number[];
  /** Who is to blame. */
  readonly labels?: Readonly<Record<string, string>>;
}

const mirror = (name: string, metric = "rejected"): string =>
  `quorumlog_delivery_${metric}_total{otel_component_name="${name}", instance="one"}`;
const failed = 'otelcol_exporter_send_failed_log_records{exporter="otlp_http/loki"}';
const OTLP = { otel_component_name: "otlp" };

const CASES: readonly Case[] = [
  {
    title: "fires for an hour after a mirror rejected records",
    series: { [mirror("otlp")]: "0x119 2x200", [mirror("other")]: "0x320" },
    fires: [120, 121, 178],
    silent: [60, 119, 181, 300],
    labels: OTLP,
  },
  {
    title: "fires where the first sample of a process is above 0",
    series: { [mirror("otlp")]: "_x10 3x200", [mirror("other")]: "_x10 0x200" },
    fires: [10, 11, 69],
    silent: [9, 71, 200],
    labels: OTLP,
  },
  {
    title: "fires for an hour where a process sent a single sample",
    series: { [mirror("otlp")]: "_x10 3 _x200" },
    fires: [10, 40, 69],
    silent: [9, 71],
    labels: OTLP,
  },
  {
    title: "does not fire again an hour after Prometheus had no samples for a while",
    series: { [mirror("otlp")]: "3x60 _x19 3x200" },
    fires: [0, 59],
    silent: [61, 70, 81, 110, 125, 130, 135, 139, 141, 150, 200],
    labels: OTLP,
  },
  {
    title: "does not fire where a process starts again at 0",
    series: { [mirror("otlp")]: "3x120 0x200" },
    fires: [],
    silent: [61, 120, 122, 150, 250],
  },
  {
    title: "fires where Loki refused records that the Collector had acknowledged",
    series: { [failed]: "_x100 4x100", [mirror("otlp")]: "0x200" },
    fires: [100, 158],
    silent: [99, 161],
    labels: { exporter: "otlp_http/loki" },
  },
];

describe.skipIf(promtool === undefined)("promtool", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quorumlog-promtool-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const written = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content)); // JSON is YAML
    return join(folder, name);
  };
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
  };
  const OK = { status: 0, output: expect.stringContaining("SUCCESS") };

  test("accepts deploy/prometheus.yaml", () => {
    expect(run("check", "config", join(DEPLOY, "prometheus.yaml"))).toEqual(OK);
  });

  test("accepts the alert rule and all PromQL of the dashboard as rules, and refuses a wrong one", () => {
    const panels = Object.entries(PROMQL).map(([name, expr]) => ({
      record: `panel:${name}`,
      expr: withoutVariables(expr),
    }));
    const rules = (...more: readonly object[]) => ({
      groups: [{ name: "quorumlog", rules: [rejectedRule(), ...panels, ...more] }],
    });
    const check = ["check", "rules", "--lint=all", "--lint-fatal"];
    expect(run(...check, written("rules.yaml", rules()))).toEqual(OK);
    const wrong = rules({ record: "wrong", expr: "sum by (increase(x[1h]))" });
    expect(run(...check, written("wrong.yaml", wrong))).toMatchObject({ status: 1 });
  });

  test.each(CASES)("the alert on rejected records $title", ({ series, fires, silent, labels }) => {
    const alert = {
      exp_labels: { severity: "critical", ...labels },
      exp_annotations: {
        summary: `Records were rejected on the way (${Object.values(labels ?? {}).join()})`,
      },
    };
    const at = (minute: number, exp_alerts: readonly object[]) => ({
      eval_time: `${minute}m`,
      alertname: "Rejected",
      exp_alerts,
    });
    const unit = {
      rule_files: [written("rule.yaml", { groups: [{ name: "g", rules: [rejectedRule()] }] })],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          alert_rule_test: [
            ...fires.map((minute) => at(minute, [alert])),
            ...silent.map((minute) => at(minute, [])),
          ],
        },
      ],
    };
    expect(run("test", "rules", written("unit.yaml", unit))).toEqual(OK);
  });

  test("a panel shows what a process counted before its first sample, and then what is added", () => {
    const accepted = withoutVariables(PROMQL.accepted, { range: "5m" });
    const shows = (minute: number, value: number) => ({
      expr: accepted,
      eval_time: `${minute}m`,
      exp_samples: [{ labels: '{otel_component_name="otlp"}', value }],
    });
    const unit = {
      tests: [
        {
          interval: "1m",
          input_series: [{ series: mirror("otlp", "accepted"), values: "_x10 20x20 24x20" }],
          // Five samples are four minutes apart: Prometheus takes five fourths of their increase.
          promql_expr_test: [
            shows(10, 20),
            shows(14, 20),
            shows(20, 0),
            shows(32, 5),
            shows(40, 0),
          ],
        },
      ],
    };
    expect(run("test", "rules", written("panel.yaml", unit))).toEqual(OK);
  });

  test("the expression of the alert is that of the panels, over an hour", () => {
    const words = (text: string): string => text.replaceAll(/\s+/g, "");
    for (const counter of [
      "quorumlog_delivery_rejected_total",
      "otelcol_exporter_send_failed_log_records",
    ])
      expect(words(rejectedRule().expr)).toContain(words(countedIn(counter, "1h", "1d")));
  });
});
