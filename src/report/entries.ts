import { type Html, html, table, time } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";

/** Every entry of the report with its canonical line. */
export function entryList({ entries, checkpoint }: ReportView, links: Links): Html {
  return html`<section id="entries">
<h2>Entries</h2>
<p>The line is what the log hashed and signed. The leaf hash is SHA-256 over a zero byte and the
line (RFC 9162, section 2.1.1). Characters that cannot be seen stand in their \\u form here.</p>
<div id="search" hidden></div>
${table({
  name: "entries",
  caption: "Entries, by sequence",
  id: ({ entry }) => `seq-${entry.sequence}`,
  columns: [
    { title: "#", kind: "number", cell: ({ entry }) => entry.sequence },
    { title: "Time", kind: "time", cell: ({ entry }) => time(entry.timestamp) },
    { title: "Operation", cell: ({ entry }) => entry.operation },
    { title: "Proposal", kind: "id", cell: ({ entry }) => links.proposal(entry.proposalId) },
    { title: "Subject", kind: "id", cell: ({ entry }) => links.subject(entry.subjectId) },
    { title: "Actor", kind: "id", cell: ({ entry }) => entry.actorDid },
    { title: "Decision", cell: ({ entry }) => entry.decision },
    {
      title: "Canonical line",
      kind: "line",
      cell: ({ entry, line }) =>
        html`<code>${line}</code>${
          entry.sequence >= checkpoint.size && html` <em>no checkpoint covers it yet</em>`
        }`,
    },
    { title: "Leaf hash", kind: "hash", cell: ({ entry }) => html`<code>${entry.leafHash}</code>` },
  ],
  rows: entries,
  none: "No entry is in the scope.",
})}
</section>`;
}
