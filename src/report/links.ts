import { anchor, type Html, type HtmlValue, html } from "./html.js";
import type { ReportView } from "./report-input.js";

/** Links to entries, proposals and subjects: where the report has them. Else they are text. */
export class Links {
  readonly #entries: ReadonlySet<number>;
  readonly #proposals: ReadonlySet<string>;
  readonly #subjects: ReadonlySet<string>;

  constructor({ shown, proposals, subjects }: ReportView) {
    this.#entries = shown;
    this.#proposals = new Set(proposals.map(({ proposalId }) => proposalId));
    this.#subjects = new Set(subjects.map(({ subjectId }) => subjectId));
  }

  entry(sequence: number | undefined): HtmlValue {
    if (sequence === undefined) return undefined;
    return this.#entries.has(sequence)
      ? html`<a href="#seq-${sequence}">#${sequence}</a>`
      : `#${sequence}`;
  }

  /** The first ones, and how many more there are. */
  entries(sequences: readonly number[]): Html {
    const listed = sequences
      .slice(0, LISTED)
      .map((one, index) => html`${index > 0 && ", "}${this.entry(one)}`);
    const more = sequences.length - listed.length;
    return html`${listed}${more > 0 && ` and ${more} more`}`;
  }

  proposal(id: string | undefined): HtmlValue {
    return id !== undefined && this.#proposals.has(id)
      ? html`<a href="#${anchor("proposal", id)}">${id}</a>`
      : id;
  }

  subject(id: string | undefined): HtmlValue {
    return id !== undefined && this.#subjects.has(id)
      ? html`<a href="#${anchor("subject", id)}">${id}</a>`
      : id;
  }
}

const LISTED = 12;
