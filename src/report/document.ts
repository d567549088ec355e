import { gzipSync } from "node:zlib";
import { caseFiles, subjectFiles } from "./case-files.js";
import { entryList } from "./entries.js";
import { exceptions } from "./exceptions.js";
import { columnStyles, type Html, type HtmlValue, html, time, trusted } from "./html.js";
import { limitations } from "./limitations.js";
import { Links } from "./links.js";
import { pageScript, policySource } from "./page-script.js";
import { pictures } from "./pictures.js";
import { isWhole, population, statement } from "./population.js";
import { type ReportInput, type ReportView, viewOf } from "./report-input.js";
import { sample } from "./sample.js";
import { signersOf } from "./signers.js";
import { statementJson } from "./statement.js";
import { stylesheet } from "./stylesheet.js";
import { summary } from "./summary.js";

const PARTS = [
  ["verification", "Check"],
  ["population", "Population"],
  ["summary", "Summary"],
  ["pictures", "Pictures"],
  ["sample", "Sample"],
  ["exceptions", "Exceptions"],
  ["cases", "Case files"],
  ["subjects", "Subjects"],
  ["entries", "Entries"],
  ["limitations", "Limitations"],
] as const;

/** Makes the report: one HTML document that needs nothing else. */
export function reportDocument(input: ReportInput): string {
  const view = viewOf(input);
  const links = new Links(view);
  const { title, logId, making, evidence } = input;
  return documentOf(
    title,
    html`<header>
<h1>${title}</h1>
<p>Evidence report of the log <code>${logId}</code>, made ${time(making.at.toISOString())}.</p>
</header>
<nav aria-label="Contents"><ul>
${PARTS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>\n`)}</ul></nav>
<main>
${verification(view)}
${scriptElement()}
${population(view, links)}
${summary(view, links)}
${pictures(view, links)}
${sample(view, links)}
${exceptions(view, links)}
${caseFiles(view, links)}
${subjectFiles(view, links)}
${entryList(view)}
${limitations()}
</main>
<script type="application/json" id="statement">${trusted(statementJson(input))}</script>
<script type="application/octet-stream;base64" id="evidence">${trusted(evidence)}</script>`,
  );
}

/** Packs an evidence bundle for a page: gzip, in base64. */
export function packedEvidence(json: string): string {
  return gzipSync(json, { level: 9 }).toString("base64");
}

function verification(view: ReportView): Html {
  return html`<section id="verification">
<h2>Check</h2>
<p id="verdict" class="verdict-unknown">not checked in this browser yet</p>
<p class="trust">This page comes from whoever made it. A forged page could say anything, also that
it is verified. To be sure, use a verifier that you got elsewhere: <code>verifier.html</code> from
the package quorumlog on the npm registry (<code>quorumlog report --blank</code>), or the command
<code>quorumlog verify</code>. Give it this file. A check in a browser, here or in
<code>verifier.html</code>, covers the evidence and the table of entries. Only the command makes the
other sections of a whole log again.</p>
<div id="verifier" data-holds="${isWhole(view) ? "whole" : "part"}" hidden></div>
<p>${signersOf(view.checkpoint.note)}</p>
<noscript><p>Without JavaScript, this page cannot check itself. All tables are here all the
same.</p></noscript>
<h3>What the maker of this report states</h3>
${statement(view)}
</section>`;
}

/** Lines as they are. In a text, a line end is shown as a character that cannot be seen. */
function linesOf(text: string): HtmlValue {
  return text.split("\n").map((line) => [line, trusted("\n")]);
}

/**
 * The script of a page. It stands behind the place of the verifier, so that a reader of a large
 * page can press and type while the browser still reads the rest.
 */
export function scriptElement(): Html {
  return html`<script>${trusted(pageScript().text)}</script>`;
}

/** A document with our stylesheet and our script, and a policy that allows nothing else. */
export function documentOf(title: string, body: Html): string {
  const { sha256, csp, licences } = pageScript();
  const style = stylesheet() + columnStyles();
  const policy = [
    "default-src 'none'",
    `script-src ${csp}`,
    `style-src ${policySource(style)}`,
    "img-src data:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`${trusted("<!doctype html>")}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${body}
<footer>
<p>Verifier: SHA-256 <code class="hash">${sha256}</code>. It is the same in every report of a
release. <code>quorumlog report --verifier-hash</code> prints it.</p>
<details><summary>Licences of what this page contains</summary>
<pre>${linesOf(licences)}</pre></details>
</footer>
</body>
</html>
`.text;
}
