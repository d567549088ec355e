import { scaleBand } from "d3-scale";
import { durationInWords } from "../text/duration.js";
import { counted } from "../text/safe-text.js";
import {
  bar,
  countAxis,
  countScale,
  drawn,
  figure,
  label,
  noFigure,
  type Plot,
  WIDTH,
} from "./chart.js";
import { type Html, html, quantities, table } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";
import { isInPeriod } from "./report-scope.js";

const TITLE = "Time to decide";
const HEIGHT = 220;
const PLOT: Plot = { left: 40, right: WIDTH - 8, top: 12, bottom: HEIGHT - 28 };
/** How many decisions the table lists. */
const SLOWEST = 10;

/** Where one bar ends, in seconds, and what it is called. */
const BOUNDS: readonly (readonly [below: number, name: string])[] = [
  [60, "< 1 min"],
  [3600, "1–60 min"],
  [6 * 3600, "1–6 h"],
  [86_400, "6–24 h"],
  [3 * 86_400, "1–3 d"],
  [7 * 86_400, "3–7 d"],
  [28 * 86_400, "1–4 wk"],
  [Number.POSITIVE_INFINITY, "> 4 wk"],
];

/** How long it took to each first result in the period. The summary counts the same ones. */
export function durationsPicture({ proposals, scope }: ReportView, links: Links): Html {
  const isIn = isInPeriod(scope);
  const decided = proposals
    .flatMap(({ proposalId, created, results: [first] }) =>
      created === undefined || first === undefined || !isIn(first)
        ? []
        : [{ proposalId, result: first, seconds: secondsBetween(created, first) }],
    )
    .sort((a, b) => b.seconds - a.seconds);
  const [slowest] = decided;
  if (slowest === undefined)
    return noFigure(
      "durations",
      TITLE,
      "No proposal in the scope has a beginning, and its first result in the period.",
    );
  const counts = BOUNDS.map(([below, name], index) => {
    const from = BOUNDS[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY;
    return {
      name,
      count: decided.filter(({ seconds }) => seconds >= from && seconds < below).length,
    };
  });
  const y = countScale(Math.max(...counts.map(({ count }) => count)), [PLOT.bottom, PLOT.top]);
  const x = scaleBand()
    .domain(counts.map(({ name }) => name))
    .range([PLOT.left, PLOT.right])
    .padding(0.15);
  const undecided = proposals.length - decided.length;
  return figure({
    id: "durations",
    title: TITLE,
    description: quantities(
      `${counted(decided.length, "proposal")} by the time from the proposal to its first result. ` +
        `The longest took ${durationInWords(slowest.seconds)}.` +
        (undecided > 0
          ? ` ${counted(undecided, "other proposal")} in the scope: ` +
            "without a beginning, or without a first result in the period."
          : ""),
    ),
    height: HEIGHT,
    marks: [
      countAxis(y, PLOT),
      ...counts.map(({ name, count }) => {
        const left = x(name) ?? 0;
        const box = [left, y(count), x.bandwidth(), y(0) - y(count)] as const;
        const middle = left + x.bandwidth() / 2;
        return html`${label([middle, PLOT.bottom + 18], inDigits(name), "middle")}${
          count > 0 && bar("decided", box, quantities(`${name}: ${counted(count, "proposal")}`))
        }`;
      }),
    ],
    data: html`${table({
      name: "time to decide",
      caption: "Proposals by time to decide",
      columns: [
        { title: "Time", cell: ({ name }) => quantities(name) },
        { title: "Proposals", kind: "count", cell: ({ count }) => count },
      ],
      rows: counts.filter(({ count }) => count > 0),
    })}${table({
      name: "slowest decisions",
      caption: decided.length > SLOWEST ? `The ${SLOWEST} slowest decisions` : "Each decision",
      columns: [
        { title: "Proposal", kind: "id", cell: ({ proposalId }) => links.proposal(proposalId) },
        { title: "Result", cell: ({ result }) => links.entry(result.sequence) },
        {
          title: "Took",
          kind: "number",
          cell: ({ seconds }) => quantities(durationInWords(seconds)),
          value: ({ seconds }) => seconds,
        },
      ],
      rows: decided.slice(0, SLOWEST),
    })}`,
  });
}

/** The name of a bar, with its numbers as the reader writes them. */
function inDigits(name: string): Html {
  return html`${name.split(/(\d+)/).map((part, index) => (index % 2 === 1 ? drawn(part) : part))}`;
}

function secondsBetween(
  { timestamp: from }: { readonly timestamp: string },
  { timestamp: to }: { readonly timestamp: string },
): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
