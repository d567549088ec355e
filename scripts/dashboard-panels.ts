/** The kinds of panels of the dashboard, and the links in their cells. */
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { LogqlQuery } from "./dashboard-queries.ts";

/** The uid of the dashboard, and so its address: /d/quorumlog. */
export const DASHBOARD_UID = "quorumlog";

/** The text that Grafana replaces with the value of a variable. */
export const placeholder = (variable: string): string => `\${${variable}}`;

export const LOKI = { type: "loki", uid: placeholder("loki") };
export const PROMETHEUS = { type: "prometheus", uid: placeholder("prometheus") };
const TEMPO = { type: "tempo", uid: placeholder("tempo") };

const COLOURS = {
  approve: "green",
  passed: "green",
  reject: "red",
  rejected: "red",
  abstain: "yellow",
};
const RED_ABOVE_0 = new grafana.ThresholdsConfigBuilder()
  .mode(grafana.ThresholdsMode.Absolute)
  .steps([
    { value: null, color: "green" },
    { value: 1, color: "red" },
  ]);
export const PLAIN = new grafana.ThresholdsConfigBuilder()
  .mode(grafana.ThresholdsMode.Absolute)
  .steps([{ value: null, color: "blue" }]);

/** A query to Loki, run as its kind requires. */
export function lokiTarget(
  { kind, expr }: LogqlQuery,
  legend = "",
  refId = "A",
): loki.DataqueryBuilder {
  const target = new loki.DataqueryBuilder().datasource(LOKI).expr(expr).refId(refId);
  if (legend !== "") target.legendFormat(legend);
  return target
    .queryType(kind === "instant" ? "instant" : "range")
    .editorMode(loki.QueryEditorMode.Code);
}

/** A query to Prometheus, over time. */
export function promTarget(
  expr: string,
  legend: string,
  refId: string,
): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder()
    .datasource(PROMETHEUS)
    .expr(expr)
    .legendFormat(legend)
    .refId(refId)
    .range()
    .editorMode(prometheus.QueryEditorMode.Code);
}

/** One number for the chosen time. If it is an `alarm`, it is red above 0. */
export function number(
  title: string,
  description: string,
  query: LogqlQuery,
  alarm = false,
): stat.PanelBuilder {
  return new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(LOKI)
    .withTarget(lokiTarget(query))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .thresholds(alarm ? RED_ABOVE_0 : PLAIN)
    .noValue("0")
    .height(4)
    .span(4);
}

/** Numbers over time, one colour for each value of a label. */
export function bars(
  title: string,
  description: string,
  query: LogqlQuery,
  label: string,
): timeseries.PanelBuilder {
  const panel = overTime(title, description)
    .datasource(LOKI)
    .withTarget(lokiTarget(query, `{{${label}}}`))
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(70)
    .lineWidth(0)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  for (const [name, fixedColor] of Object.entries(COLOURS))
    panel.overrideByName(name, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  return panel;
}

/** A panel over time, without its queries. */
export function overTime(title: string, description: string): timeseries.PanelBuilder {
  return new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .min(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .height(8)
    .span(12);
}

/**
 * A table of instant queries, with one row for each combination of labels. `columns` renames and
 * orders the columns.
 */
export function rows(
  title: string,
  description: string,
  queries: readonly LogqlQuery[],
  columns: Readonly<Record<string, string>>,
): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(LOKI)
    .withTransformation({ id: "labelsToFields", options: { mode: "columns" } })
    .withTransformation({ id: "merge", options: {} })
    .withTransformation(organized(columns, ["Time"]))
    .height(8)
    .span(12);
  for (const [index, query] of queries.entries())
    panel.withTarget(lokiTarget(query, "", String.fromCharCode(65 + index)));
  return panel;
}

/** Renames and orders the columns, and leaves some out. */
export function organized(columns: Readonly<Record<string, string>>, without: readonly string[]) {
  const names = Object.keys(columns);
  return {
    id: "organize",
    options: {
      excludeByName: Object.fromEntries(without.map((name) => [name, true])),
      indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
      renameByName: columns,
    },
  };
}

/** A link from a cell to this dashboard, with the cell's value in a variable. */
export function narrowing(name: "log" | "proposal" | "actor") {
  const kept = ["service", "log", "proposal", "actor"].filter((other) => other !== name);
  const query = kept.map((other) => placeholder(`${other}:queryparam`)).join("&");
  return {
    id: "links",
    value: [
      {
        title: `Only this ${name}`,
        url: `/d/${DASHBOARD_UID}?\${__url_time_range}&${query}&var-${name}=\${__value.raw:percentencode}`,
      },
    ],
  };
}

/** A link from a cell that holds a trace id to that trace in Explore. */
export function toTrace() {
  const panes = {
    trace: {
      datasource: TEMPO.uid,
      queries: [
        {
          refId: "A",
          datasource: TEMPO,
          queryType: "traceql",
          query: placeholder("__value.raw"),
        },
      ],
      range: { from: placeholder("__from"), to: placeholder("__to") },
    },
  };
  const encoded = encodeURIComponent(JSON.stringify(panes)).replaceAll(
    /%24%7B(\w+(?:\.\w+)?)%7D/g,
    (_, variable: string) => placeholder(variable),
  );
  return {
    id: "links",
    value: [
      { title: "Trace", url: `/explore?schemaVersion=1&panes=${encoded}`, targetBlank: true },
    ],
  };
}
