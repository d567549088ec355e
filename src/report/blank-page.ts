import { documentOf, scriptElement } from "./document.js";
import { html } from "./html.js";

/** Makes `verifier.html`: the verifier of every report, without a log. */
export function blankPage(): string {
  return documentOf(
    "quorumlog verifier",
    html`<header><h1>quorumlog verifier</h1>
<p>Checks evidence of a log in this browser. Nothing leaves this page.</p></header>
<main><section id="verification">
<h2>Check</h2>
<p id="verdict" class="verdict-unknown">not checked yet: give a file</p>
<div id="verifier" hidden></div>
<noscript><p>Without JavaScript, this page cannot check anything. The command
<code>quorumlog verify</code> can.</p></noscript>
</section>
${scriptElement()}
<section id="verdicts">
<h2>What the verdicts mean</h2>
<p>Integrity: every line hashes into the root of a checkpoint. Completeness: no entry is missing,
and none came after the newest checkpoint. Authenticity: a key that you gave signed the checkpoint,
or you kept the checkpoint yourself.</p>
<p>“Failed” means that something contradicts the evidence. “Unknown” means that the evidence cannot
tell: see what is said below the verdicts. A bundle, a proof, and a report about a part of a log
show chosen entries, so completeness is unknown.</p>
<p>Of a report, only the table of entries is compared with the evidence. <code>quorumlog
verify</code> makes the other sections of a whole log again, and compares them.</p>
<p>Without a key and a checkpoint that you kept, the entries are compared with the checkpoint that
came with them. Whoever changes a log can make a new one, so that proves little.</p>
</section></main>`,
  );
}
