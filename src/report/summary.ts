import { missingGrantsInWords, missingInWords, untilOf } from "../governance/case-words.js";
import type { Durations } from "../governance/oversight.js";
import { durationInWords } from "../text/duration.js";
import { counted } from "../text/safe-text.js";
import { decisionOf } from "./case-files.js";
import { facts, type Html, html, inUtc, number, quantities, table, time } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";
import { endOfPeriod } from "./report-scope.js";

/** The figures: decisions, who made them, how fast, and what is in force at the end. */
export function summary(view: ReportView, links: Links): Html {
  const { trail, scope, proposals } = view;
  const { since, until } = scope;
  const isPart = scope.proposalId !== undefined || scope.subjectId !== undefined;
  const oversight = trail.oversight({
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  });
  const [standing, members] = [trail.standing(), trail.members()];
  const [missing, missingGrants] = [missingInWords(trail), missingGrantsInWords(trail)];
  const when = endOfPeriod(scope, view.making.at) ? "the end of the period" : "the end of the log";
  const states = ["passed", "rejected", "open", "expired", "contradictory"] as const;
  return html`<section id="summary">
<h2>Summary</h2>
<dl class="figures">
${states.map((state) => {
  const count = proposals.filter((one) => one.state === state).length;
  if (count === 0 && (state === "expired" || state === "contradictory")) return undefined;
  return html`<div><dt>Proposals ${state}</dt><dd>${number(count)}</dd></div>\n`;
})}<div><dt>Authorizations in force at ${when}</dt><dd>${known(standing, missingGrants)}</dd></div>
<div><dt>Members at ${when}</dt><dd>${known(members, missing)}</dd></div>
</dl>
<h3>Human oversight${isPart && " of the whole log in the period"}</h3>
${facts([
  ["Votes by", quantities(byActor(oversight.votes))],
  ["Grants and revocations by", quantities(byActor(oversight.enactments))],
  ["Time to decide", quantities(duration(oversight.timeToDecide))],
  ["Time to enact", quantities(duration(oversight.timeToEnact))],
  ["Time to stop", quantities(duration(oversight.timeToRevoke))],
  [
    "Dissent",
    quantities(
      `${counted(oversight.dissent.votes, "vote")} against the result, in ` +
        counted(oversight.dissent.proposals, "proposal"),
    ),
  ],
  [
    "Mean participation",
    oversight.participation === undefined
      ? "not recorded"
      : quantities(`${(oversight.participation * 100).toFixed(1)} % of the weight`),
  ],
  [
    "Break-glass revocations",
    oversight.breakGlass.length === 0 ? "none" : links.entries(oversight.breakGlass),
  ],
])}
<h3>In force at ${when}</h3>
${table({
  name: "standing",
  isStacked: true,
  caption: `Authorizations in force at ${inUtc(trail.now)} UTC`,
  columns: [
    { title: "Subject", kind: "id", cell: ({ subjectId }) => links.subject(subjectId) },
    { title: "Kind", cell: ({ kind }) => kind },
    { title: "Proposal", kind: "id", cell: ({ proposalId }) => links.proposal(proposalId) },
    { title: "Granted by", cell: ({ grantedBy }) => links.entry(grantedBy) },
    { title: "Since", kind: "time", cell: ({ since: from }) => time(from) },
    {
      title: "Until",
      kind: "time",
      cell: ({ validUntil, ...grant }) =>
        validUntil === undefined ? untilOf(grant, "no end given") : time(validUntil),
    },
    { title: "Decision", cell: (grant) => decisionOf(grant, links) },
  ],
  rows: standing,
  none:
    missingGrants === undefined ? "No authorization is in force." : `Unknown: ${missingGrants}.`,
})}
${table({
  name: "members",
  caption: `Members at ${inUtc(trail.now)} UTC`,
  columns: [
    { title: "Member", kind: "id", cell: ({ did }) => did },
    { title: "Name", cell: ({ name }) => name },
    { title: "Weight", kind: "count", cell: ({ weight }) => weight ?? "unknown" },
    { title: "Entry", cell: ({ sequence }) => links.entry(sequence) },
  ],
  rows: members,
  none: missing === undefined ? "The trail records no members." : `Unknown: ${missing}.`,
})}
</section>`;
}

/** How many the trail knows. Where entries are missing, nobody knows that there are no others. */
function known({ length }: { readonly length: number }, missing: string | undefined): Html {
  if (missing === undefined) return html`${number(length)}`;
  return length === 0 ? html`unknown` : html`${number(length)} known`;
}

function byActor(counts: Readonly<Record<string, number>>): string {
  const named = Object.entries(counts).filter(([, count]) => count > 0);
  if (named.length === 0) return "nobody";
  return named
    .map(([actor, count]) => `${actor === "unknown" ? "not said" : actor} ${count}`)
    .join(", ");
}

function duration({ count, medianSeconds, maxSeconds }: Durations): string {
  if (medianSeconds === undefined || maxSeconds === undefined) return "nothing to measure";
  const [median, longest] = [durationInWords(medianSeconds), durationInWords(maxSeconds)];
  return `median ${median}, longest ${longest}, of ${count}`;
}
