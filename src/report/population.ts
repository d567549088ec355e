import { counted } from "../text/safe-text.js";
import {
  isCheckpointAlone,
  type Verdict,
  type VerificationReport,
} from "../verify/verification-report.js";
import { facts, type Html, html, number, quantities, time } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";
import { endOfPeriod } from "./report-scope.js";

/** What the report is about, and how complete it is. */
export function population(view: ReportView, links: Links): Html {
  const { logId, scope, entries, checkpoint, policySha256 } = view;
  const { title, making, held, readTo, isComplete, sampleSize } = view;
  const [first, last] = [entries[0]?.entry, entries.at(-1)?.entry];
  const { since, until, proposalId, subjectId } = scope;
  return html`<section id="population">
<h2>Population</h2>
${facts([
  ["Log", html`<code>${logId}</code>`],
  ["Period asked for", periodOf(since, until)],
  ["Proposal asked for", proposalId],
  ["Subject asked for", subjectId],
  ["Entries", entriesInWords(view)],
  [
    "Sequences",
    first && last && html`${links.entry(first.sequence)} to ${links.entry(last.sequence)}`,
  ],
  ["First entry happened", first && time(first.timestamp)],
  ["Last entry happened", last && time(last.timestamp)],
  ["Tree size", number(checkpoint.size)],
  ["Root hash", html`<code class="hash">${checkpoint.rootHash}</code>`],
  [
    "Policy",
    policySha256 === undefined
      ? "none: rules that need a policy are not judged"
      : html`SHA-256 <code class="hash">${policySha256}</code>`,
  ],
])}
<h3>As its maker states</h3>
${facts([
  ["Title", title],
  ["Made", html`${time(making.at.toISOString())}, by quorumlog ${making.version}`],
  ["Command", html`<code>${making.command}</code>, with the last part of each path`],
  ["Source", html`held ${number(held)} ${held === 1 ? "entry" : "entries"}`],
  ["Trail", html`read up to entry ${readTo}, ${isComplete ? "without a gap" : "with gaps"}`],
  ["Sample", html`at most ${number(sampleSize)} ${sampleSize === 1 ? "entry" : "entries"}`],
])}
<h3>Completeness</h3>
<ul>
${completeness(view).map((sentence) => html`<li>${quantities(sentence)}</li>\n`)}</ul>
</section>`;
}

function periodOf(since: Date | undefined, until: Date | undefined): Html {
  if (since === undefined && until === undefined) return html`all that the source holds`;
  return html`${since && html`from ${time(since.toISOString())} `}${
    until && html`until before ${time(until.toISOString())}`
  }`;
}

function entriesInWords({ entries, held, readTo }: ReportView): Html {
  const shown = html`${number(entries.length)} ${entries.length === 1 ? "entry" : "entries"}`;
  const missing = readTo + 1 - held;
  return html`${shown}${
    entries.length === held ? ": all that the source holds" : html` of ${number(held)}`
  }${
    missing > 0 &&
    html`; ${number(missing)} more of the log ${
      missing === 1 ? "is" : "are"
    } not in the source: pruned, or left out`
  }`;
}

/** What is known of completeness, in sentences. */
export function completeness(view: ReportView): readonly string[] {
  const { entries, held, readTo, isComplete, checkpoint, uncovered: leftOut } = view;
  const uncovered = entries.filter(({ entry }) => entry.sequence >= checkpoint.size).length;
  const covered = entries.length - uncovered;
  const outside = held - entries.length - leftOut;
  return [
    `The checkpoint covers ${checkpoint.size} entries of the log. It covers ${covered} of the ` +
      `${entries.length} entries in this report.`,
    ...(uncovered > 0
      ? [
          `No checkpoint covers the other ${uncovered} yet. Nothing in this report proves them: ` +
            "whoever holds the log can still change them.",
        ]
      : []),
    ...(leftOut > 0
      ? [
          `${counted(leftOut, "entry", "entries")} of the scope ${leftOut === 1 ? "is" : "are"} ` +
            "left out: no checkpoint covers what came that late, so nothing could prove it here.",
        ]
      : []),
    ...(outside > 0
      ? [
          `${outside} entries of the log are outside the scope and not in this ` +
            "report. Each entry here has a proof that it is in the log. That no entry of the " +
            "scope is missing, only the whole log shows.",
        ]
      : []),
    isComplete
      ? "The trail that the answers rest on begins with entry 0 and has no gap."
      : "Entries are missing in the trail that the answers rest on: they were pruned, or are not " +
        "in the source. What they would show is unknown or undetermined here.",
    ...(endOfPeriod(view.scope, view.making.at)
      ? [
          "How things stood is told as of the end of the period. What happened later does not count.",
        ]
      : []),
    `The trail was read up to entry ${readTo}. What came later is not in this report.`,
  ];
}

const IN_WORDS: Readonly<Record<Verdict, string>> = {
  verified: "it found nothing wrong",
  failed: "it found something wrong",
  unknown: "it could not tell",
};

/**
 * Whether a report has every entry that its checkpoint covers. A source that a report is made from
 * has each of them once.
 */
export function isWhole({ entries, checkpoint }: ReportView): boolean {
  return entries.length >= checkpoint.size;
}

/** What the maker of the report says. It is no verdict of this page. */
export function statement(view: ReportView): Html {
  return html`${ownCheck(view)}${
    !isWhole(view) &&
    html`
<p>This page has a part of the log. Its summary, pictures, results of the sample, exceptions, case
files and subjects also rest on entries that are not in the page. They are the statement of whoever
made it.</p>`
  }`;
}

/** What the command found out about the source when it made the report. */
function ownCheck(view: ReportView): Html {
  const { verification } = view;
  if (verification === undefined)
    return html`<p>The command that made this report was given no key, so it checked nothing.</p>`;
  return html`<p>Whoever made this report states what the command found then. It is their statement,
and no result of this page.</p>
${facts([
  ["Integrity: are the entries what was signed?", IN_WORDS[verification.integrity]],
  ["Completeness: are all entries there?", quantities(completenessStated(view, verification))],
  [
    "Authenticity: did the log sign it?",
    isCheckpointAlone(verification)
      ? "it did sign the checkpoint; these entries are not what it signed"
      : IN_WORDS[verification.authenticity],
  ],
  ["Covered", quantities(coveredStated(view, verification))],
  [
    "Pruned",
    verification.pruned > 0 && quantities(counted(verification.pruned, "entry", "entries")),
  ],
])}
${problemsOf(verification)}`;
}

/** A part of a log is not complete, whatever was found out about its source. */
function completenessStated(view: ReportView, { completeness }: VerificationReport): string {
  if (isWhole(view)) return IN_WORDS[completeness];
  const all = counted(view.checkpoint.size, "entry", "entries");
  const held = `this page holds ${view.entries.length} of ${all}`;
  return completeness === "verified" ? held : `${IN_WORDS[completeness]}; ${held}`;
}

/** The source and the page, where they are not the same entries. */
function coveredStated({ entries, checkpoint }: ReportView, stated: VerificationReport): string {
  const all = counted(stated.entries, "entry", "entries");
  const ofSource = `${stated.covered} of ${all}`;
  const covered = entries.filter(({ entry }) => entry.sequence < checkpoint.size).length;
  if (stated.entries === entries.length && stated.covered === covered) return ofSource;
  return `${ofSource} in the source; ${covered} of ${entries.length} in this page`;
}

const LISTED = 20;

function problemsOf({ problems, problemCount, unknown }: VerificationReport): Html {
  const listed = problems
    .slice(0, LISTED)
    .map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>\n`);
  const more = problemCount - listed.length;
  const reasons = unknown.map((why) => html`<li>${why}</li>\n`);
  return html`${
    problemCount > 0 &&
    html`<p>Problems:</p>
<ul>${listed}${more > 0 && html`<li>and ${more} more</li>`}</ul>`
  }${reasons.length > 0 && html`<p>What it could not tell:</p>\n<ul>${reasons}</ul>`}`;
}
