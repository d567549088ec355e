import { type Finding, gathered, SEVERITIES } from "../governance/facts/finding.js";
import { counted } from "../text/safe-text.js";
import { type Html, html, quantities, table } from "./html.js";
import type { Links } from "./links.js";
import type { ReportView } from "./report-input.js";

/** The findings of the rules, the most severe first. */
export function exceptions({ findings }: ReportView, links: Links): Html {
  return html`<section id="exceptions">
<h2>Exceptions</h2>
<p>${quantities(headline(findings))}</p>
${findingTable("exceptions", findings, links)}
</section>`;
}

/** A table of findings, the most severe first, many of one rule as one row. */
export function findingTable(name: string, findings: readonly Finding[], links: Links): Html {
  return table({
    name,
    isStacked: true,
    caption: "Findings, by severity",
    columns: [
      {
        title: "Severity",
        cell: ({ severity, status }) => {
          const shade = status === "violated" ? severity : "open";
          return html`<span class="severity ${shade}">${severity}</span>`;
        },
        value: ({ severity }) => SEVERITIES.indexOf(severity),
      },
      { title: "Rule", cell: ({ rule }) => html`<code>${rule}</code>` },
      { title: "Status", cell: ({ status }) => status },
      { title: "Finding", cell: ({ message }) => message },
      { title: "Proposal", kind: "id", cell: ({ proposalId }) => links.proposal(proposalId) },
      { title: "Entries", cell: ({ sequences }) => links.entries(sequences) },
    ],
    rows: gathered(findings, "quorumlog check --json lists each"),
    none: "No rule is known to be broken.",
  });
}

function headline(findings: readonly Finding[]): string {
  const violated = findings.filter(({ status }) => status === "violated");
  const of = (severity: Finding["severity"]): number =>
    violated.filter((finding) => finding.severity === severity).length;
  const open = findings.length - violated.length;
  return (
    `${counted(of("error"), "error")}, ${counted(of("warning"), "warning")}, ` +
    `${of("info")} for information; ${open} that are pending or that the trail cannot decide.`
  );
}
