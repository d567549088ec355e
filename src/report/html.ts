import { sha256Hex } from "../entry/sha256.js";
import { visible } from "../text/safe-text.js";

/** Markup. Only {@link html} makes it, so whatever else stands in a template is text. */
export class Html {
  /** The markup. */
  readonly text: string;

  /** @param made - Proof that {@link html} or {@link trusted} calls it. */
  constructor(text: string, made: typeof MADE) {
    if (made !== MADE) throw new TypeError("use html`…`");
    this.text = text;
  }
}

const MADE: unique symbol = Symbol("made by html");

/** What a template can hold. Nothing is shown for undefined and false. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/**
 * Makes markup of a template. Every value that is not markup itself is shown as text, with the
 * characters that cannot be seen, or that turn the writing direction, in their \u form.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) text += markup(value) + (strings[index + 1] ?? "");
  return new Html(text, MADE);
}

/** Our own text that is markup already: the stylesheet, the script, and base64. */
export function trusted(text: string): Html {
  return new Html(text, MADE);
}

function markup(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(markup).join("");
  return escaped(visible(String(value)));
}

const SPECIAL = /[&<>"']/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(SPECIAL, (character) => ENTITIES[character] as string);
}

/**
 * The anchor of a proposal or a subject. An id that cannot be one is shortened, and told apart by
 * its hash.
 */
export function anchor(prefix: "proposal" | "subject", id: string): string {
  const plain = id.replaceAll(/[^\w.:-]/g, "_");
  return plain === id && id.length <= 120
    ? `${prefix}-${id}`
    : `${prefix}-${plain.slice(0, 60)}-${sha256Hex(id).slice(0, 8)}`;
}

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlValue;
  /** The value that the column sorts by and that is copied, if it is not what is shown. */
  readonly value?: (row: Row) => string | number | undefined;
  /** How the column is set: a number stands to the right, a time does not break. */
  readonly kind?: "number" | "id" | "time" | "hash" | "line";
}

/** A table that the page's script can sort, search and copy. */
export interface TableOf<Row> {
  /** Unique in the page, and the name of the copy. */
  readonly name: string;
  readonly caption: HtmlValue;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The anchor of a row. */
  readonly id?: (row: Row) => string;
  /** Shown in place of a table without rows. */
  readonly none?: string;
}

/** Writes a table: a head that print repeats, and a row for each item. */
export function table<Row>({ name, caption, columns, rows, id, none }: TableOf<Row>): Html {
  if (rows.length === 0) return html`<p class="none">${none ?? "None."}</p>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table data-table="${name}">
<caption>${caption}</caption>
<thead><tr>${columns.map(
    ({ title, kind }) => html`<th scope="col"${classOf(kind)}>${title}</th>`,
  )}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr${id && html` id="${id(row)}"`}>${columns.map(({ cell, value, kind }) => {
    const sorted = value?.(row);
    const machine = sorted !== undefined && html` data-value="${sorted}"`;
    return html`<td${classOf(kind)}${machine}>${cell(row)}</td>`;
  })}</tr>
`,
)}</tbody>
</table>
</div>`;
}

function classOf(kind: Column<never>["kind"]): Html | undefined {
  return kind && html` class="${kind}"`;
}

/** Facts as a list of terms. One without a value is left out. */
export function facts(list: readonly (readonly [term: string, value: HtmlValue])[]): Html {
  return html`<dl>
${list
  .filter(([, value]) => value !== undefined && value !== false && value !== "")
  .map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

/** A moment, as the log has it. */
export function time(value: string): Html {
  return html`<time datetime="${value}">${value.replace("T", " ").replace("Z", " UTC")}</time>`;
}
