import { type Html, html, inUtc, table } from "./html.js";
import type { ReportView } from "./report-input.js";

/** Every entry of the report with its canonical line. */
export function entryList({
  entries,
  checkpoint,
}: Pick<ReportView, "entries" | "checkpoint">): Html {
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
    { title: "Time (UTC)", kind: "time", cell: ({ entry }) => inUtc(entry.timestamp) },
    { title: "Operation", cell: ({ entry }) => entry.operation },
    {
      title: "Canonical line",
      kind: "line",
      cell: ({ entry, line }) =>
        html`${line}${
          entry.sequence >= checkpoint.size && html` <em>no checkpoint covers it yet</em>`
        }`,
    },
    { title: "Leaf hash", kind: "hash", cell: ({ entry }) => entry.leafHash },
  ],
  rows: entries,
  none: "No entry is in the scope.",
})}
</section>`;
}
