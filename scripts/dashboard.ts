/**
 * Writes deploy/grafana/dashboard.json, or the file that it is given. With `--check` it writes
 * nothing, and fails if the file is out of date. The queries are in dashboard-queries.ts, the kinds
 * of panels in dashboard-panels.ts.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
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
import {
  DETAIL,
  LOGQL,
  type LogqlQuery,
  logqlName,
  ofRetention,
  ofViolation,
  PROMQL,
} from "./dashboard-queries.ts";
import { writeOrCheck } from "./written-file.ts";

const DOCUMENT = resolve(import.meta.dirname, "../deploy/grafana/dashboard.json");

const NEEDS_METRICS = "From the OpenTelemetry metrics of the app, through the Collector.";

/** The columns of the trail: those of Loki's frame, and its labels, which are the attributes. */
const TRAIL_COLUMNS: Readonly<Record<string, string>> = {
  Time: "recorded",
  governance_sequence: "#",
  governance_operation: "operation",
  governance_actor_did: "actor",
  [logqlName(DETAIL.actorType)]: "actor type",
  governance_decision: "decision",
  governance_proposal_id: "proposal",
  governance_subject_id: "subject",
  [logqlName(DETAIL.validUntil)]: "valid until",
  [logqlName(DETAIL.expiresAt)]: "expires",
  governance_log_id: "log",
  trace_id: "trace",
  Line: "line",
};

const RETENTION_COLUMNS: Readonly<Record<string, string>> = {
  Time: "recorded",
  governance_operation: "operation",
  governance_actor_did: "actor",
  [logqlName(DETAIL.actorType)]: "actor type",
  [ofRetention("reason")]: "reason",
  governance_proposal_id: "proposal",
  [ofRetention("held_before")]: "held before",
  [ofRetention("held_from")]: "held from #",
  [ofRetention("pruned_count")]: "pruned",
  [ofRetention("pruned_before")]: "pruned before #",
  governance_log_id: "log",
};

/** A table of records, newest first, up to 500. */
function records(query: LogqlQuery, columns: Readonly<Record<string, string>>): table.PanelBuilder {
  const names = Object.keys(columns);
  return new table.PanelBuilder()
    .datasource(LOKI)
    .withTarget(lokiTarget(query).maxLines(500).direction(loki.LokiQueryDirection.Backward))
    .withTransformation({ id: "extractFields", options: { source: "labels", format: "json" } })
    .withTransformation({ id: "filterFieldsByName", options: { include: { names } } })
    .withTransformation(organized(columns, []))
    .overrideByName("actor", [narrowing("actor")])
    .overrideByName("proposal", [narrowing("proposal")])
    .overrideByName("log", [narrowing("log")])
    .span(24);
}

function retention(): table.PanelBuilder {
  return records(LOGQL.retention, RETENTION_COLUMNS)
    .title("Holds and prunings")
    .description(
      "What the log kept and removed, by whom and why. It does not depend on the proposal that is " +
        "chosen. Choose a time that is long enough.",
    )
    .height(8);
}

function trail(): table.PanelBuilder {
  return records(LOGQL.trail, TRAIL_COLUMNS)
    .title("The trail")
    .description(
      "Every record, newest first, up to 500. Click an actor, a proposal or a log to see only " +
        "its records. Click a trace id to open the trace; this needs a Tempo data source.",
    )
    .overrideByName("#", [{ id: "custom.width", value: 70 }])
    .overrideByName("trace", [toTrace()])
    .overrideByName("line", [{ id: "custom.inspect", value: true }])
    .filterable(true)
    .height(14);
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
      "How full its queue is, and how many records Loki refused for good since the Collector " +
        "started. For the app, these records are delivered.",
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
      .description("A part of it is enough. Empty means all.")
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

/** The whole dashboard, as Grafana reads it. */
export function dashboard(): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder("AI governance")
    .uid(DASHBOARD_UID)
    .description(
      "What was proposed, voted, decided and authorized, and whether the log is complete.",
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
    number("Open", "Created in the chosen time, without a result in that time.", LOGQL.open),
    number("Rejections", "Results that rejected the proposal.", LOGQL.rejections),
    number("Byzantine events", "Voters that voted both ways.", LOGQL.byzantine, true),
    bars("Votes by decision", "", LOGQL.votesByDecision, "governance_decision"),
    bars("Results by decision", "", LOGQL.decisions, "governance_decision"),
    rows(
      "Authorizations in force",
      "Granted in the chosen time, and not revoked since. Choose a time that is long enough.",
      [LOGQL.authorizations],
      {
        governance_subject_id: "subject",
        governance_actor_did: "enacted by",
        [logqlName(DETAIL.actorType)]: "actor type",
        [logqlName(DETAIL.validUntil)]: "valid until",
        "Value #A": "granted",
        Value: "granted",
      },
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
    rows(
      "Violated rules",
      "What a governance monitor of the app recorded. Without one, the table is empty.",
      [LOGQL.violations],
      {
        [ofViolation("severity")]: "severity",
        [ofViolation("rule")]: "rule",
        governance_proposal_id: "proposal",
        governance_subject_id: "subject",
        "Value #A": "times",
        Value: "times",
      },
    )
      .overrideByName("proposal", [narrowing("proposal")])
      .span(24),
  ];
  for (const panel of panels) builder.withPanel(panel);
  builder.withRow(new grafana.RowBuilder("Delivery"));
  for (const panel of health()) builder.withPanel(panel);
  builder
    .withRow(new grafana.RowBuilder("Evidence"))
    .withPanel(
      rows(
        "Checkpoints",
        "For each log: the entries that Loki has, the entries that the newest checkpoint covers, " +
          "and when it was signed.",
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
    .withPanel(retention())
    .withRow(new grafana.RowBuilder("Trail"))
    .withPanel(trail())
    .withPanel(
      new logs.PanelBuilder()
        .title("The lines")
        .description(
          "What was sealed, byte for byte: the canonical line of each entry, and the notes of " +
            "the checkpoints.",
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

/** The attributes among the columns of the trail, by their names in the conventions. */
export function trailAttributes(): string[] {
  return ATTRIBUTE_CONVENTIONS.map(({ name }) => name).filter(
    (name) => logqlName(name) in TRAIL_COLUMNS,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeOrCheck(
    `${JSON.stringify(dashboard(), undefined, 2)}\n`,
    DOCUMENT,
    "npm run docs:dashboard",
  );
