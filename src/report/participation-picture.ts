import { scaleBand } from "d3-scale";
import { counted } from "../text/safe-text.js";
import {
  bar,
  countAxisBelow,
  countScale,
  drawn,
  figure,
  type Key,
  label,
  noFigure,
  shortened,
  WIDTH,
} from "./chart.js";
import { type Html, html, number, quantities, table } from "./html.js";
import type { ReportView } from "./report-input.js";

const TITLE = "Participation by member";
/** More bars than these do not fit on a printed page. */
const MOST = 32;
const ROW = 24;
const LEFT = 170;

interface Participant {
  readonly did: string;
  /** Proposals on which it voted. */
  readonly voted: number;
  /** Proposals whose electorate it belonged to. Undefined where no electorate is known. */
  readonly eligible: number | undefined;
}

/** On how many proposals each member voted, of those on which it could. */
export function participationPicture({ proposals }: ReportView): Html {
  const all = participantsOf(proposals);
  if (all.length === 0) return noFigure("participation", TITLE, "Nobody voted in the scope.");
  const shown = all.slice(0, MOST);
  const height = shown.length * ROW + 40;
  const plot = { left: LEFT, right: WIDTH - 56, top: 8, bottom: height - 28 };
  const x = countScale(Math.max(...shown.map((one) => Math.max(one.voted, one.eligible ?? 0))), [
    plot.left,
    plot.right,
  ]);
  const y = scaleBand()
    .domain(shown.map(({ did }) => did))
    .range([plot.top, plot.bottom])
    .padding(0.3);
  const keys: readonly Key[] = [
    ["voted", "proposals with a vote"],
    ["eligible", "proposals on which it could vote"],
  ];
  return figure({
    id: "participation",
    title: TITLE,
    description: quantities(
      `${counted(all.length, "member")} in ${counted(proposals.length, "proposal")}. ` +
        (all.some(({ eligible }) => eligible !== undefined)
          ? "Who could vote is what the trail shows of the members when a proposal began."
          : "The trail does not show who could vote.") +
        (all.length > MOST
          ? ` The picture has the ${MOST} with the most votes, the table has all.`
          : ""),
    ),
    keys: keys.filter(
      ([key]) => key === "voted" || all.some(({ eligible }) => eligible !== undefined),
    ),
    height,
    marks: [
      countAxisBelow(x, plot),
      ...shown.map((one) => {
        const top = y(one.did) ?? 0;
        const says = html`${one.did}: ${inWords(one, number)}`;
        const box = (count: number) => [x(0), top, x(count) - x(0), y.bandwidth()] as const;
        return html`${label([LEFT - 8, top + ROW / 2 + 1], shortened(one.did), "end")}${
          one.eligible !== undefined && bar("eligible", box(one.eligible), says)
        }${one.voted > 0 && bar("voted", box(one.voted), says)}${label(
          [x(Math.max(one.voted, one.eligible ?? 0)) + 6, top + ROW / 2 + 1],
          inWords(one, drawn),
        )}`;
      }),
    ],
    data: table({
      name: "participation",
      caption: "Proposals by member",
      columns: [
        { title: "Member", kind: "id", cell: ({ did }) => did },
        { title: "Voted", kind: "count", cell: ({ voted }) => voted },
        { title: "Could vote", kind: "count", cell: ({ eligible }) => eligible ?? "unknown" },
      ],
      rows: all,
    }),
  });
}

function inWords({ voted, eligible }: Participant, write: (count: number) => Html): Html {
  return html`${write(voted)}${eligible !== undefined && html` of ${write(eligible)}`}`;
}

function participantsOf(proposals: ReportView["proposals"]): readonly Participant[] {
  const voted = new Map<string, number>();
  const eligible = new Map<string, number>();
  for (const { votes, electorate } of proposals) {
    for (const did of new Set(votes.map(({ voter }) => voter))) increase(voted, did);
    for (const { did } of electorate ?? []) increase(eligible, did);
  }
  return [...new Set([...voted.keys(), ...eligible.keys()])]
    .map((did) => ({ did, voted: voted.get(did) ?? 0, eligible: eligible.get(did) }))
    .sort((a, b) => b.voted - a.voted || (a.did < b.did ? -1 : 1));
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
