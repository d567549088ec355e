import { authorizationsPicture } from "./authorizations-picture.js";
import { durationsPicture } from "./durations-picture.js";
import { type Html, html } from "./html.js";
import type { Links } from "./links.js";
import { participationPicture } from "./participation-picture.js";
import type { ReportView } from "./report-input.js";
import { votesPicture } from "./votes-picture.js";

/** The pictures: drawn when the report is made, each with its data as a table. */
export function pictures(view: ReportView, links: Links): Html {
  return html`<section id="pictures">
<h2>Pictures</h2>
${votesPicture(view)}
${authorizationsPicture(view, links)}
${participationPicture(view)}
${durationsPicture(view, links)}
</section>`;
}
