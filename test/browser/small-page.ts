import { gzipSync } from "node:zlib";
import { leafHash, readEntry } from "../../src/entry/line.js";
import { formatSharedBundle } from "../../src/integrity/evidence-bundle.js";
import { pageScript } from "../../src/report/page-script.js";
import { visible } from "../../src/text/safe-text.js";
import { linesOf, noteOf, ORIGIN } from "../fixtures/evidence.js";

const escaped = (text = "") =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A whole log as evidence, with its checkpoint. */
export async function wholeLog(count: number): Promise<{ lines: string[]; bundle: string }> {
  const lines = linesOf(count);
  const entries = lines.map((line, sequence) => ({ sequence, line }));
  const checkpoint = await noteOf(lines);
  return { lines, bundle: formatSharedBundle({ origin: ORIGIN, checkpoint, proof: [], entries }) };
}

/** The least that a page needs for the script. */
export function smallPage(lines: readonly string[], bundle: string): string {
  const { text, csp } = pageScript();
  const rows = lines.map((line) => {
    const { entry } = readEntry(line) ?? {};
    const cells = [entry?.operation, entry?.proposalId, entry?.subjectId, entry?.actorDid];
    return (
      `<tr id="seq-${entry?.sequence}"><td class="number">${entry?.sequence}</td>` +
      [...cells, entry?.decision].map((cell) => `<td>${escaped(cell)}</td>`).join("") +
      `<td class="line"><code>${escaped(visible(line))}</code></td>` +
      `<td class="hash"><code>${leafHash(line)}</code></td></tr>`
    );
  });
  const heads = ["#", "Operation", "Proposal", "Subject", "Actor", "Decision", "Line", "Leaf hash"];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A small page</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${csp}; worker-src blob:">
</head><body><main><h1>A small page</h1><h2>Check</h2>
<p id="verdict">not checked in this browser yet</p><div id="verifier" hidden></div>
<div id="search" hidden></div>
<table data-table="entries"><caption>Entries</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></main>
<script type="application/octet-stream;base64" id="evidence">${gzipSync(bundle).toString("base64")}</script>
<script>${text}</script></body></html>`;
}
