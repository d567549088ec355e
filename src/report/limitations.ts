import { type Html, html } from "./html.js";

/** What a report cannot show: the rows of docs/threat-model.md that its reader needs. */
export function limitations(): Html {
  return html`<section id="limitations">
<h2>Limitations</h2>
<ul>
<li><b>This page comes from whoever keeps the log.</b> A forged page could show anything, also a
false result of its own check. To be sure, check the evidence with a verifier that you got
elsewhere: <code>quorumlog verify</code> with this file, or a <code>verifier.html</code> that you
keep. <code>verifier.html</code> compares only the table of entries with the evidence. The command
also makes the other sections of a whole log again, and compares them.</li>
<li><b>The key must come from elsewhere.</b> A page can be signed by any key. Only a key that you
got from the log's operator in another way says who signed.</li>
<li><b>What was never logged is not here.</b> The app's process can leave out an entry, invent
one, or log a false time, before the entry is signed. Later changes are found.</li>
<li><b>A cut end can look complete.</b> Somebody can present an older state of the log as the
newest. A later checkpoint that you hold, or that a backend holds, shows it.</li>
<li><b>A fork needs two checkpoints to be seen.</b> Whoever holds the signing key can sign two
histories. One report shows one of them. Compare its checkpoint with one that you got
elsewhere.</li>
<li><b>A bundle of chosen entries shows what happened, not that nothing else did.</b> That no
revocation came later, only the whole log shows.</li>
<li><b>Entries that no checkpoint covers yet prove nothing.</b> They are marked.</li>
<li><b>The rules judge what the trail says.</b> They do not judge whether a decision was wise, or
whether a person was who the entry names. What the trail cannot show is undetermined.</li>
</ul>
</section>`;
}
