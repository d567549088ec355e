import {
  authorizedInWords,
  electorateInWords,
  enactedBy,
  mentionedBy,
  quorumInWords,
  signedBy,
  tallyInWords,
  untilOf,
  VALIDITY,
  voterInWords,
} from "../governance/case-words.js";
import type { CaseEntry, ProposalCase, SubjectCase } from "../governance/cases.js";
import type { Finding } from "../governance/facts/finding.js";
import type { Authorization } from "../governance/facts/standing-facts.js";
import { findingTable } from "./exceptions.js";
import {
  anchor,
  facts,
  type Html,
  type HtmlValue,
  html,
  inUtc,
  number,
  quantities,
  table,
  time,
} from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";

/** Each proposal, with all that the trail says about it. */
export function caseFiles({ proposals }: ReportView, links: Links): Html {
  return html`<section id="cases">
<h2>Case files</h2>
${proposals.length === 0 && html`<p class="none">No proposal is in the scope.</p>`}
${proposals.map((one) => proposalFile(one, links))}</section>`;
}

function proposalFile(one: ProposalCase, links: Links): Html {
  const { proposalId, state, title, created, votes, results, effects, mentions, findings } = one;
  const { dissent, threshold, quorum } = one;
  const key = anchor("proposal", proposalId);
  return html`<details class="case" open id="${key}">
<summary><h3>${title ?? proposalId} ${stateBadge(state, findings)}</h3></summary>
${facts([
  ["Proposal", html`<code>${proposalId}</code>`],
  ["Kind", one.kind],
  ["Subject", links.subject(one.subjectId)],
  ["Proposer", created && html`${one.proposerDid ?? "not named"}, ${entryAt(created, links)}`],
  ["Expires", one.expiresAt && time(one.expiresAt)],
  ["Threshold", threshold !== undefined && number(threshold)],
  ["Electorate", electorateOf(one)],
  ...results.map(
    (result) =>
      [
        "Result",
        listed("; ", [
          html`${result.decision}, ${entryAt(result, links)}`,
          signedBy(result),
          result.tally && quantities(tallyInWords(result.tally)),
          result.reason,
        ]),
      ] as const,
  ),
  ...effects.map(
    (effect) =>
      [
        "Effect",
        html`<code>${effect.operation}</code>, ${entryAt(effect, links)}${enactedBy(effect)}`,
      ] as const,
  ),
  ...mentions.map(
    (mention) =>
      [
        "Also",
        html`<code>${mention.operation}</code>, ${entryAt(mention, links)}${mentionedBy(mention)}`,
      ] as const,
  ),
  ["Quorum", quorum && quantities(quorumInWords(quorum))],
  [
    "Dissent",
    dissent.length > 0 &&
      listed(
        ", ",
        dissent.map(
          ({ voter, decision, sequence }) => html`${voter} (${decision}, ${links.entry(sequence)})`,
        ),
      ),
  ],
])}
${table({
  name: `votes of ${proposalId}`,
  caption: votes.every(({ weight }) => weight === undefined)
    ? "Votes. The trail does not show their weights."
    : "Votes",
  columns: [
    { title: "Entry", kind: "number", cell: ({ sequence }) => links.entry(sequence) },
    { title: "Time (UTC)", kind: "time", cell: ({ timestamp }) => inUtc(timestamp) },
    { title: "Voter", kind: "id", cell: ({ voter }) => voter },
    { title: "Decision", cell: ({ decision }) => decision },
    ...(votes.some(({ weight }) => weight !== undefined)
      ? [
          {
            title: "Weight",
            kind: "count",
            cell: (v: (typeof votes)[number]) => v.weight ?? "unknown",
          } as const,
        ]
      : []),
    ...(votes.some((vote) => voterInWords(vote) !== "")
      ? [{ title: "Who", cell: voterInWords }]
      : []),
    ...(votes.some(({ rationale }) => rationale !== undefined)
      ? [{ title: "Rationale", cell: (v: (typeof votes)[number]) => v.rationale }]
      : []),
  ],
  rows: votes,
  none: "No vote is recorded.",
})}
${timeline(one, links)}
${findings.length > 0 && findingTable(`findings of ${proposalId}`, findings, links)}
</details>
`;
}

/** How a proposal stands. A decision that breaks a rule is not shown as a good one. */
function stateBadge(state: string, findings: readonly Finding[]): Html {
  const isBroken = findings.some(
    ({ severity, status }) => severity === "error" && status === "violated",
  );
  return isBroken
    ? html`<span class="state contradictory">${state}, against the rules</span>`
    : html`<span class="state ${state}">${state}</span>`;
}

function timeline(
  { created, votes, results, effects, mentions, expiresAt }: ProposalCase,
  links: Links,
): Html {
  const [first, last] = [votes[0], votes.at(-1)];
  const steps: readonly (readonly [what: string, at: CaseEntry | undefined])[] = [
    ["proposed", created],
    ["first vote", first],
    ["last vote", votes.length > 1 ? last : undefined],
    ...results.map((result) => [result.decision, result] as const),
    ...[...effects, ...mentions].map((one) => [one.operation, one] as const),
  ];
  const known = steps
    .flatMap(([what, at]) => (at === undefined ? [] : [{ what, at }]))
    .sort((a, b) => a.at.sequence - b.at.sequence);
  return html`<ol class="timeline" aria-label="Timeline">
${known.map(({ what, at }) => html`<li><span>${what}</span> ${entryAt(at, links)}</li>\n`)}${
  expiresAt && html`<li><span>expires</span> ${time(expiresAt)}</li>\n`
}</ol>`;
}

function entryAt({ sequence, timestamp }: CaseEntry, links: Links): HtmlValue {
  return html`${time(timestamp)} ${links.entry(sequence)}`;
}

function electorateOf({ electorate }: ProposalCase): HtmlValue {
  if (electorate === undefined) return "the trail cannot show it";
  const members = electorate.map(
    ({ did, weight }) => html`${did} (weight ${weight === undefined ? "unknown" : number(weight)})`,
  );
  return html`${quantities(electorateInWords(electorate))}: ${listed(", ", members)}`;
}

/** Values behind each other, those that are empty left out. */
function listed(separator: string, values: readonly HtmlValue[]): Html {
  const given = values.filter((value) => value !== undefined && value !== "");
  return html`${given.map((value, index) => html`${index > 0 && separator}${value}`)}`;
}

/** Each subject that was ever granted or refused something. */
export function subjectFiles({ subjects }: ReportView, links: Links): Html {
  return html`<section id="subjects">
<h2>Subjects</h2>
${subjects.length === 0 && html`<p class="none">Nothing was granted or revoked in the scope.</p>`}
${subjects.map((one) => subjectFile(one, links))}</section>`;
}

/** Whether it may act, and whether by a valid decision. */
function authorizedBadge(one: SubjectCase): Html {
  const words = authorizedInWords(one);
  const current = one.authorizations.find(({ ended }) => ended === undefined);
  const shade =
    one.authorized !== "yes" || current === undefined || current.isValid === "yes"
      ? one.authorized
      : { no: "contradictory", unknown: "unknown" }[current.isValid];
  return html`<span class="state ${shade}">${words}</span>`;
}

function subjectFile(one: SubjectCase, links: Links): Html {
  const { subjectId, authorizations, history, proposals, at } = one;
  return html`<details class="case" open id="${anchor("subject", subjectId)}">
<summary><h3>${subjectId} ${authorizedBadge(one)}</h3></summary>
${facts([
  ["As of", html`${time(at.time)}, after entry ${at.sequence}`],
  ["Since", one.since && time(one.since)],
  ["Until", one.until && time(one.until)],
  ["By proposal", links.proposal(one.by)],
  ["Proposals", proposals.map((id, index) => html`${index > 0 && ", "}${links.proposal(id)}`)],
  ...history.map(
    (event) =>
      [
        event.operation === "authorization_granted" ? "Granted" : "Revoked",
        html`${entryAt(event, links)}${enactedBy(event)}`,
      ] as const,
  ),
])}
${table({
  name: `authorizations of ${subjectId}`,
  isStacked: true,
  caption: "Authorizations",
  columns: [
    { title: "Granted by", cell: ({ grantedBy }) => links.entry(grantedBy) },
    { title: "Kind", cell: ({ kind }) => kind },
    { title: "Decision", cell: (grant) => decisionOf(grant, links) },
    { title: "Since", kind: "time", cell: ({ since }) => time(since) },
    {
      title: "Until",
      kind: "time",
      cell: ({ ended, validUntil, ...grant }) => {
        const until = ended?.at ?? validUntil;
        return until === undefined ? untilOf(grant, "no end given") : time(until);
      },
    },
    {
      title: "Ended by",
      cell: ({ ended }) => ended && html`${ended.by} ${links.entry(ended.sequence)}`,
    },
  ],
  rows: authorizations,
})}
</details>
`;
}

/** The decision that a grant rests on, and whether it is valid. */
export function decisionOf({ decidedBy, isValid }: Authorization, links: Links): Html {
  return html`${decidedBy === undefined ? "none" : html`passed ${links.entry(decidedBy)}`}${
    VALIDITY[isValid]
  }`;
}
