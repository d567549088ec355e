import type { CaseEntry, ProposalCase, SubjectCase } from "../governance/cases.js";
import type { Finding } from "../governance/facts/finding.js";
import type { Tally } from "../governance/facts/tally.js";
import { findingTable } from "./exceptions.js";
import { anchor, facts, type Html, type HtmlValue, html, inUtc, table, time } from "./html.js";
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
  const { proposalId, state, title, created, votes, results, effects, findings } = one;
  const { electorate, dissent, threshold, quorum } = one;
  const key = anchor("proposal", proposalId);
  return html`<details class="case" open id="${key}">
<summary><h3>${title ?? proposalId} ${stateBadge(state, findings)}</h3></summary>
${facts([
  ["Proposal", html`<code>${proposalId}</code>`],
  ["Kind", one.kind],
  ["Subject", links.subject(one.subjectId)],
  ["Proposer", created && html`${one.proposerDid ?? "not named"}, ${entryAt(created, links)}`],
  ["Expires", one.expiresAt && time(one.expiresAt)],
  ["Threshold", threshold],
  [
    "Electorate",
    electorate === undefined
      ? "the trail cannot show it"
      : html`${electorate.map(
          ({ did, weight }, index) =>
            html`${index > 0 && ", "}${did} (weight ${weight ?? "unknown"})`,
        )}`,
  ],
  ...results.map(
    (result) =>
      [
        "Decision",
        html`${result.decision}, ${entryAt(result, links)}${
          result.signerDid && html`; signed by ${result.signerDid}`
        }${result.reason && html`; ${result.reason}`}`,
      ] as const,
  ),
  ...results.map(({ tally }) => ["Tally", tally && tallyInWords(tally, threshold)] as const),
  ["Quorum", quorum && `${quorum.status}: ${quorum.reason}`],
  [
    "Dissent",
    dissent.length > 0 &&
      dissent.map(
        (vote, index) =>
          html`${index > 0 && ", "}${vote.voter} (${vote.decision}, ${links.entry(vote.sequence)})`,
      ),
  ],
  ...effects.map(
    (effect) =>
      [
        "Effect",
        html`<code>${effect.operation}</code>, ${entryAt(effect, links)}${
          effect.enactedBy && html`; by ${effect.enactedBy}`
        }${effect.actorType && html` (${effect.actorType})`}${
          effect.reason && html`; ${effect.reason}`
        }`,
      ] as const,
  ),
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
    {
      title: "Decision",
      cell: ({ decision, isFlagged }) => `${decision}${isFlagged ? ", flagged" : ""}`,
    },
    ...(votes.some(({ weight }) => weight !== undefined)
      ? [
          {
            title: "Weight",
            kind: "number",
            cell: (v: (typeof votes)[number]) => v.weight ?? "unknown",
          } as const,
        ]
      : []),
    ...(votes.some(({ actorType }) => actorType !== undefined)
      ? [{ title: "Actor", cell: (v: (typeof votes)[number]) => v.actorType }]
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
  { created, votes, results, effects, expiresAt }: ProposalCase,
  links: Links,
): Html {
  const [first, last] = [votes[0], votes.at(-1)];
  const steps: readonly (readonly [what: string, at: CaseEntry | undefined])[] = [
    ["proposed", created],
    ["first vote", first],
    ["last vote", votes.length > 1 ? last : undefined],
    ...results.map((result) => [result.decision, result] as const),
    ...effects.map((effect) => [effect.operation, effect] as const),
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

function tallyInWords(
  { approve, reject, abstain, total }: Tally,
  threshold: number | undefined,
): string {
  const needed = threshold === undefined ? "" : `; threshold ${threshold}`;
  return `approve ${approve}, reject ${reject}, abstain ${abstain}, of ${total}${needed}`;
}

/** Each subject that was ever granted or refused something. */
export function subjectFiles({ subjects }: ReportView, links: Links): Html {
  return html`<section id="subjects">
<h2>Subjects</h2>
${subjects.length === 0 && html`<p class="none">Nothing was granted or revoked in the scope.</p>`}
${subjects.map((one) => subjectFile(one, links))}</section>`;
}

const AUTHORIZED = { yes: "authorized", no: "not authorized", unknown: "unknown" } as const;

/** Whether it may act, and whether by a valid decision. */
function authorizedBadge({ authorized, authorizations }: SubjectCase): Html {
  const current = authorizations.find(({ ended }) => ended === undefined);
  if (authorized === "yes" && current?.isValid === "no")
    return html`<span class="state contradictory">authorized, not by a valid decision</span>`;
  if (authorized === "yes" && current?.isValid === "unknown")
    return html`<span class="state unknown">authorized; the decision cannot be judged</span>`;
  return html`<span class="state ${authorized}">${AUTHORIZED[authorized]}</span>`;
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
        html`${entryAt(event, links)}${event.enactedBy && html`; by ${event.enactedBy}`}${
          event.reason && html`; ${event.reason}`
        }`,
      ] as const,
  ),
])}
${table({
  name: `authorizations of ${subjectId}`,
  caption: "Authorizations",
  columns: [
    { title: "Granted by", cell: ({ grantedBy }) => links.entry(grantedBy) },
    { title: "Kind", cell: ({ kind }) => kind },
    {
      title: "Decided by",
      cell: ({ decidedBy }) => (decidedBy === undefined ? "none" : links.entry(decidedBy)),
    },
    { title: "Valid decision", cell: ({ isValid }) => isValid },
    { title: "Since", kind: "time", cell: ({ since }) => time(since) },
    {
      title: "Until",
      kind: "time",
      cell: ({ ended, validUntil, isCertain }) => {
        const until = ended?.at ?? validUntil;
        return until === undefined ? (isCertain ? "in force" : "unknown") : time(until);
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
