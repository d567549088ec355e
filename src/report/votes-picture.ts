import { stack } from "d3-shape";
import { counted } from "../text/safe-text.js";
import {
  bar,
  countAxis,
  countScale,
  figure,
  type Key,
  noFigure,
  type Plot,
  timeAxis,
  timeScale,
  WIDTH,
} from "./chart.js";
import { type Html, html, quantities, table, time } from "./html.js";
import type { ReportView } from "./report-input.js";

const DECISIONS = ["approve", "reject", "abstain", "other"] as const;
type Decision = (typeof DECISIONS)[number];

interface Period extends Record<Decision, number> {
  readonly from: Date;
  readonly to: Date;
  total: number;
}

const HEIGHT = 220;
const PLOT: Plot = { left: 40, right: WIDTH - 8, top: 12, bottom: HEIGHT - 28 };
/** About how many bars stand beside each other. */
const BARS = 40;

/** How many votes were cast when, by what they say. */
export function votesPicture({ entries }: ReportView): Html {
  const votes = entries
    .filter(({ entry }) => entry.operation === "vote_cast")
    .map(({ entry }) => ({
      millis: Date.parse(entry.timestamp),
      decision: kindOf(entry.decision),
    }));
  if (votes.length === 0) return noFigure("votes", TITLE, "No vote is in the scope.");
  const x = timeScale(
    votes.map(({ millis }) => millis),
    [PLOT.left, PLOT.right],
  ).nice(BARS);
  const periods = periodsOf(x.domain(), x.ticks(BARS));
  for (const { millis, decision } of votes) {
    const period = periods.findLast(({ from }) => from.getTime() <= millis);
    if (period === undefined) continue;
    period[decision]++;
    period.total++;
  }
  const used = DECISIONS.filter((decision) => periods.some((period) => period[decision] > 0));
  const y = countScale(Math.max(...periods.map(({ total }) => total)), [PLOT.bottom, PLOT.top]);
  const series = stack<Period>().keys(used)(periods);
  return figure({
    id: "votes",
    title: TITLE,
    description: quantities(
      `${counted(votes.length, "vote")}, counted by when they were cast (UTC). ${used
        .map((one) => `${one}: ${votes.filter(({ decision }) => decision === one).length}`)
        .join(", ")}.`,
    ),
    keys: used.map((one): Key => [one, one]),
    height: HEIGHT,
    marks: [
      timeAxis(x, PLOT),
      countAxis(y, PLOT),
      ...used.flatMap((decision, row) =>
        periods.flatMap((period, column) => {
          const [low, high] = series[row]?.[column] ?? [0, 0];
          if (high === low) return [];
          const left = x(period.from) + 0.5;
          const width = x(period.to) - left - 0.5;
          const says = html`${spoken(period.from)}: ${quantities(`${decision} ${high - low}`)}`;
          return [bar(decision, [left, y(high), width, y(low) - y(high)], says)];
        }),
      ),
    ],
    data: table({
      name: "votes over time",
      caption: "Votes by period",
      columns: [
        {
          title: "From",
          kind: "time",
          cell: ({ from }) => time(from.toISOString()),
          value: ({ from }) => from.toISOString(),
        },
        ...used.map((decision) => ({
          title: decision,
          kind: "count" as const,
          cell: (period: Period) => period[decision],
        })),
        { title: "total", kind: "count", cell: ({ total }) => total },
      ],
      rows: periods.filter(({ total }) => total > 0),
    }),
  });
}

const TITLE = "Votes over time";

function kindOf(decision: string | undefined): Decision {
  return DECISIONS.find((one) => one === decision) ?? "other";
}

function periodsOf([first, last]: readonly [Date, Date], ticks: readonly Date[]): Period[] {
  const within = ticks.filter((tick) => tick > first && tick < last);
  const starts = [first, ...within];
  return starts.map((from, index) => ({
    from,
    to: starts[index + 1] ?? last,
    approve: 0,
    reject: 0,
    abstain: 0,
    other: 0,
    total: 0,
  }));
}

function spoken(date: Date): string {
  return date
    .toISOString()
    .replace("T", " ")
    .replace(/(?::00)?\.000Z$/, " UTC");
}
