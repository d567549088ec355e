import { scaleBand } from "d3-scale";
import type { Authorization } from "../governance/facts/standing-facts.js";
import { counted } from "../text/safe-text.js";
import {
  bar,
  figure,
  type Key,
  label,
  noFigure,
  shortened,
  timeAxis,
  timeScale,
  WIDTH,
} from "./chart.js";
import { type Html, html, inUtc, quantities, table, time } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";
import { endOfPeriod } from "./report-scope.js";

const TITLE = "Authorizations";
/** More bars than these do not fit on a printed page. */
const MOST = 32;
const ROW = 24;
const LEFT = 170;

const KEYS: readonly Key[] = [
  ["in-force", "in force"],
  ["expired", "expired"],
  ["revoked", "revoked"],
  ["not-valid", "without a valid decision"],
  ["uncertain", "not certain: entries are missing"],
];

/** Each authorization as a bar from its grant to its end. */
export function authorizationsPicture(
  { subjects, trail, scope, making }: ReportView,
  links: Links,
): Html {
  const all = subjects
    .flatMap(({ authorizations }) => authorizations)
    .toSorted((a, b) => a.grantedBy - b.grantedBy);
  if (all.length === 0)
    return noFigure("authorizations", TITLE, "Nothing was authorized in the scope.");
  const drawn = all.slice(-MOST);
  const height = drawn.length * ROW + 40;
  const plot = { left: LEFT, right: WIDTH - 8, top: 8, bottom: height - 28 };
  const x = timeScale(
    [trail.now, ...drawn.flatMap((one) => [one.since, endOf(one, trail.now)])].map(Date.parse),
    [plot.left, plot.right],
  );
  const y = scaleBand()
    .domain(drawn.map((_, index) => String(index)))
    .range([plot.top, plot.bottom])
    .padding(0.3);
  const used = KEYS.filter(([key]) => drawn.some((one) => keyOf(one) === key));
  const begun =
    `${counted(all.length, "authorization")}, each from its grant to its revocation or ` +
    "expiry.";
  const upTo =
    `What is in force is drawn up to ${inUtc(trail.now)} UTC, ` +
    (endOfPeriod(scope, making.at)
      ? "the end of the period."
      : "when the newest entry was recorded.");
  const newest = ` The picture has the newest ${MOST}, the table has all.`;
  return figure({
    id: "authorizations",
    title: TITLE,
    description: html`${quantities(begun)} ${upTo}${all.length > MOST && quantities(newest)}`,
    keys: used,
    height,
    marks: [
      timeAxis(x, plot),
      ...drawn.map((one, index) => {
        const top = y(String(index)) ?? 0;
        const start = x(new Date(one.since));
        const end = x(new Date(endOf(one, trail.now)));
        const until =
          one.ended === undefined ? "in force" : `${one.ended.by} ${inUtc(one.ended.at)}`;
        return html`${label([LEFT - 8, top + ROW / 2 + 1], shortened(one.subjectId), "end")}${bar(
          keyOf(one),
          [start, top, end - start, y.bandwidth()],
          `${one.subjectId}: ${one.kind ?? "granted"} ${inUtc(one.since)}, ${until} (UTC)`,
        )}`;
      }),
    ],
    data: table({
      name: "authorizations over time",
      isStacked: true,
      caption: "Authorizations, in the order of their grants",
      columns: [
        { title: "Subject", kind: "id", cell: ({ subjectId }) => links.subject(subjectId) },
        { title: "Granted", cell: ({ grantedBy }) => links.entry(grantedBy) },
        { title: "From", kind: "time", cell: ({ since }) => time(since) },
        {
          title: "To",
          kind: "time",
          cell: ({ ended }) => (ended === undefined ? "in force" : time(ended.at)),
        },
        { title: "Ended by", cell: ({ ended }) => ended?.by },
      ],
      rows: all,
    }),
  });
}

function endOf({ ended }: Authorization, now: string): string {
  return ended?.at ?? now;
}

function keyOf({ ended, isValid, isCertain }: Authorization): string {
  if (isValid === "no") return "not-valid";
  if (!isCertain && ended === undefined) return "uncertain";
  if (ended === undefined) return "in-force";
  return ended.by === "expiry" ? "expired" : "revoked";
}
