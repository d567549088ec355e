/**
 * Writes deploy/grafana/dashboard.json (or the file that it is given), or with `--check` fails when that file is not what
 * would be written. What its panels ask for is in dashboard-queries.ts, how they look in dashboard-panels.ts.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import * as logs from "@grafana/grafana-foundation-sdk/logs";
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as table from "@grafana/grafana-foundation-sdk/table";
import { ATTRIBUTE_CONVENTIONS } from "./conventions.ts";
import {
  bars,
  DASHBOARD_UID,
  LOKI,
  lokiTarget,
  narrowing,
  number,
  organized,
  overTime,
  PLAIN,
  PROMETHEUS,
  promTarget,
  rows,
  toTrace,
} from "./dashboard-panels.ts";
import { LOGQL, logqlName, PROMQL } from "./dashboard-queries.ts";

const DOCUMENT = resolve(import.meta.dirname, "../deploy/grafana/dashboard.json");

const NEEDS_METRICS =
  "From the OpenTelemetry metrics of the app, which come by way of the Collector.";

/** Columns of the trail: of Loki's frame, and of its labels, which are the attributes. */
const TRAIL_COLUMNS: Readonly<Record<string, string>> = {
  Time: "recorded",
  governance_sequence: "#",
  governance_operation: "operation",
  governance_actor_did: "actor",
  governance_decision: "decision",
  governance_proposal_id: "proposal",
  governance_subject_id: "subject",
  governance_log_id: "log",
  trace_id: "trace",
  Line: "line",
};

function trail(): table.PanelBuilder {
  const columns = Object.keys(TRAIL_COLUMNS);
  return new table.PanelBuilder()
    .title("The trail")
    .description(
      "Every record, newest first, up to 500. Click an actor, a proposal or a log to see only its records, and a trace id to " +
        "open the trace, for which a Tempo data source is needed.",
    )
    .datasource(LOKI)
    .withTarget(lokiTarget(LOGQL.trail).maxLines(500).direction(loki.LokiQueryDirection.Backward))
    .withTransformation({ id: "extractFields", options: { source: "labels", format: "json" } })
    .withTransformation({ id: "filterFieldsByName", options: { include: { names: columns } } })
    .withTransformation(organized(TRAIL_COLUMNS, []))
    .overrideByName("#", [{ id: "custom.width", value: 70 }])
    .overrideByName("actor", [narrowing("actor")])
    .overrideByName("proposal", [narrowing("proposal")])
    .overrideByName("log", [narrowing("log")])
    .overrideByName("trace", [toTrace()])
    .overrideByName("line", [{ id: "custom.inspect", value: true }])
    .filterable(true)
    .height(14)
    .span(24);
}

function health(): Builder<grafana.Panel>[] {
  const perMirror = (name: string): string => `${name} {{otel_component_name}}`;
  return [
    overTime(
      "Delivery",
      `Records by mirror. Rejected ones will never be delivered. ${NEEDS_METRICS}`,
    )
      .datasource(PROMETHEUS)
      .withTarget(promTarget(PROMQL.accepted, perMirror("accepted"), "A"))
      .withTarget(promTarget(PROMQL.delivered, perMirror("delivered"), "B"))
      .withTarget(promTarget(PROMQL.rejected, perMirror("rejected"), "C"))
      .overrideByRegexp("/^rejected/", [
        { id: "color", value: { mode: "fixed", fixedColor: "red" } },
      ])
      .decimals(0)
      .span(8),
    overTime("Pending", `Records that wait, and how long the oldest has waited. ${NEEDS_METRICS}`)
      .datasource(PROMETHEUS)
      .withTarget(promTarget(PROMQL.pending, perMirror("pending"), "A"))
      .withTarget(promTarget(PROMQL.pendingAge, perMirror("age"), "B"))
      .overrideByRegexp("/^age/", [
        { id: "unit", value: "s" },
        { id: "custom.axisPlacement", value: "right" },
      ])
      .span(8),
    overTime(
      "Collector",
      "How full its queue is, and the records that Loki refused for good since it started: the app took them for delivered.",
    )
      .datasource(PROMETHEUS)
      .withTarget(promTarget(PROMQL.collectorQueue, "queue of {{exporter}}", "A"))
      .withTarget(promTarget(PROMQL.collectorFailed, "refused by {{exporter}}", "B"))
      .overrideByRegexp("/^queue/", [{ id: "unit", value: "percentunit" }])
      .overrideByRegexp("/^refused/", [
        { id: "color", value: { mode: "fixed", fixedColor: "red" } },
        { id: "custom.axisPlacement", value: "right" },
      ])
      .span(8),
  ];
}

function variables(): Builder<grafana.VariableModel>[] {
  const source = (name: string, type: string, current: string) =>
    new grafana.DatasourceVariableBuilder(name)
      .type(type)
      .current({ text: current, value: current });
  const text = (name: string, label: string) =>
    new grafana.TextBoxVariableBuilder(name)
      .label(label)
      .description("A part of it is enough; nothing is all.")
      .defaultValue("")
      .current({ text: "", value: "" });
  return [
    source("loki", "loki", "quorumlog-loki").label("Loki"),
    source("prometheus", "prometheus", "quorumlog-prometheus").label("Prometheus"),
    source("tempo", "tempo", "").label("Tempo"),
    new grafana.QueryVariableBuilder("service")
      .label("Service")
      .datasource(LOKI)
      .query({ type: 1, label: "service_name", stream: "", refId: "service" })
      .refresh(grafana.VariableRefresh.OnTimeRangeChanged)
      .multi(true)
      .includeAll(true)
      .allValue(".+")
      .current({ text: "All", value: "$__all" }),
    text("log", "Log"),
    text("proposal", "Proposal"),
    text("actor", "Actor"),
  ];
}

/** The whole dashboard, in the form that Grafana takes. */
export function dashboard(): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder("AI governance")
    .uid(DASHBOARD_UID)
    .description(
      "What was proposed, voted, decided and authorized, and whether the log of it is whole.",
    )
    .tags(["quorumlog", "governance"])
    .time({ from: "now-24h", to: "now" })
    .refresh("1m")
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .variables(variables());
  const panels: readonly Builder<grafana.Panel>[] = [
    number("Votes", "Votes cast in the chosen time.", LOGQL.votes),
    number("Proposals", "Created in the chosen time.", LOGQL.proposals),
    number("Decided", "Proposals with a result in the chosen time.", LOGQL.decided),
    number("Open", "Created in the chosen time, and without a result in it.", LOGQL.open),
    number("Rejections", "Results that rejected.", LOGQL.rejections),
    number("Byzantine events", "Voters that voted both ways.", LOGQL.byzantine, true),
    bars("Votes by decision", "", LOGQL.votesByDecision, "governance_decision"),
    bars("Results by decision", "", LOGQL.decisions, "governance_decision"),
    rows(
      "Authorizations in force",
      "Granted in the chosen time, and not revoked since. Choose a time that is long enough.",
      [LOGQL.authorizations],
      { governance_subject_id: "subject", "Value #A": "granted", Value: "granted" },
    ).overrideByName("granted", [{ id: "unit", value: "dateTimeAsIso" }]),
    rows("Open proposals", "", [LOGQL.openProposals], { governance_proposal_id: "proposal" })
      .overrideByRegexp("/^Value/", [{ id: "custom.hidden", value: true }])
      .overrideByName("proposal", [narrowing("proposal")]),
    new bargauge.PanelBuilder()
      .title("Activity by actor")
      .description("The twenty most frequent pairs of actor and operation.")
      .datasource(LOKI)
      .withTarget(lokiTarget(LOGQL.activity, "{{governance_actor_did}} {{governance_operation}}"))
      .orientation(common.VizOrientation.Horizontal)
      .displayMode(common.BarGaugeDisplayMode.Basic)
      .thresholds(PLAIN)
      .height(8)
      .span(12),
    bars("Byzantine events by actor", "", LOGQL.byzantineByActor, "governance_actor_did"),
  ];
  for (const panel of panels) builder.withPanel(panel);
  builder.withRow(new grafana.RowBuilder("Delivery"));
  for (const panel of health()) builder.withPanel(panel);
  builder
    .withRow(new grafana.RowBuilder("Evidence"))
    .withPanel(
      rows(
        "Checkpoints",
        "For each log: entries that Loki has, entries that the newest checkpoint is over, and when it was signed.",
        [LOGQL.entries, LOGQL.checkpointSize, LOGQL.checkpointTime],
        {
          governance_log_id: "log",
          "Value #A": "entries",
          "Value #B": "in the checkpoint",
          "Value #C": "signed",
        },
      )
        .overrideByName("log", [narrowing("log")])
        .overrideByName("signed", [{ id: "unit", value: "dateTimeFromNow" }]),
    )
    .withPanel(bars("Checkpoints over time", "", LOGQL.checkpoints, "governance_log_id"))
    .withRow(new grafana.RowBuilder("Trail"))
    .withPanel(trail())
    .withPanel(
      new logs.PanelBuilder()
        .title("The lines")
        .description(
          "What was sealed, byte for byte: one canonical line each, and the notes of the checkpoints.",
        )
        .datasource(LOKI)
        .withTarget(lokiTarget(LOGQL.trail))
        .showTime(true)
        .wrapLogMessage(true)
        .enableLogDetails(true)
        .sortOrder(common.LogsSortOrder.Descending)
        .dedupStrategy(common.LogsDedupStrategy.None)
        .height(12)
        .span(24),
    );
  const built = builder.build();
  return {
    ...built,
    panels: built.panels?.map((panel, index) => ({ ...panel, id: index + 1 })) ?? [],
  };
}

/** The columns of the trail that are attributes, by their names in the conventions. */
export function trailAttributes(): string[] {
  return ATTRIBUTE_CONVENTIONS.map(({ name }) => name).filter(
    (name) => logqlName(name) in TRAIL_COLUMNS,
  );
}

function main(check: boolean, file: string): void {
  const wanted = `${JSON.stringify(dashboard(), undefined, 2)}\n`;
  if (!check) writeFileSync(file, wanted);
  else if (!existsSync(file) || readFileSync(file, "utf8") !== wanted) {
    console.error(`${basename(file)} is not what the code says; run: npm run docs:dashboard`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { check: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  main(values.check, positionals[0] ?? DOCUMENT);
}
