import { authorizationsPicture } from "./authorizations-picture.js";
import { durationsPicture } from "./durations-picture.js";
import { type Html, html } from "./html.js";
import type { Links } from "./links.js";
import { participationPicture } from "./participation-picture.js";
import type { ReportView } from "./report-input.js";
import { votesPicture } from "./votes-picture.js";

/** Two of the four marks are hatched in print and in forced colours, where colours may be grey. */
const HATCHES = html`<svg class="hatches" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch-b" width="6" height="6" patternUnits="userSpaceOnUse">
<rect class="hatch-b" width="6" height="6"/><path d="M0 6 6 0"/></pattern>
<pattern id="hatch-d" width="6" height="6" patternUnits="userSpaceOnUse">
<rect class="hatch-d" width="6" height="6"/><path d="M0 3H6"/></pattern></defs></svg>`;

/** The pictures: drawn when the report is made, each with its data as a table. */
export function pictures(view: ReportView, links: Links): Html {
  return html`<section id="pictures">
<h2>Pictures</h2>
${HATCHES}
${votesPicture(view)}
${authorizationsPicture(view, links)}
${participationPicture(view)}
${durationsPicture(view, links)}
</section>`;
}
