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
  let text = "";
  let isQuoted = false;
  for (const [index, part] of strings.entries()) {
    text += part;
    if (part.includes('"')) isQuoted = /="[^"]*$/.test(part);
    text += markup(values[index], isQuoted ? escapedInQuotes : escaped);
  }
  return new Html(text, MADE);
}

/** Our own text that is markup already: the stylesheet, the script, and base64. */
export function trusted(text: string): Html {
  return new Html(text, MADE);
}

type Escape = (text: string) => string;

function markup(value: HtmlValue, escapeText: Escape): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((one) => markup(one, escapeText)).join("");
  return escapeText(visible(String(value)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => ENTITIES[character] as string);
}

/**
 * For the value of an attribute, which templates write in double quotes. No value looks like an
 * attribute: whoever searches the page for one finds our own.
 */
function escapedInQuotes(text: string): string {
  return escaped(text).replaceAll('"', "&quot;").replaceAll("=", "&#61;");
}

/**
 * The anchor of a proposal or a subject. An id that cannot be one is shortened, and told apart by
 * its hash. So is an id that looks like the anchor of another one.
 */
export function anchor(prefix: "proposal" | "subject", id: string): string {
  const plain = id.replaceAll(/[^\w.:-]/g, "_");
  return plain === id && id.length <= 120 && !HASHED.test(id)
    ? `${prefix}-${id}`
    : `${prefix}-${plain.slice(0, 60)}-${sha256Hex(id).slice(0, 16)}`;
}

const HASHED = /-[0-9a-f]{16}$/;

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlValue;
  /** The value that the column sorts by and that is copied, if it is not what is shown. */
  readonly value?: (row: Row) => string | number | undefined;
  readonly kind?: keyof typeof COLUMN_STYLES;
}

/**
 * How the cells of a kind of column are set: everywhere, and on a screen alone. The page's script
 * writes a count as its reader does, and a number, which names an entry, as it is.
 */
const COLUMN_STYLES = {
  number: ["text-align: right", "white-space: nowrap"],
  count: ["text-align: right", "white-space: nowrap"],
  time: ["", "min-width: 7.2rem"],
  id: ["overflow-wrap: anywhere", "min-width: 6rem"],
  hash: ["overflow-wrap: anywhere; font-family: var(--mono)", "min-width: 11rem"],
  line: ["overflow-wrap: anywhere; font-family: var(--mono)", ""],
} as const;

/** How many columns a table has at most. */
const MOST_COLUMNS = 9;

/**
 * The styles of the columns. The class of a table says which column is of which kind: thousands of
 * cells need no class of their own.
 */
export function columnStyles(): string {
  const rule = (kind: string, style: string): string => {
    const cells = Array.from(
      { length: MOST_COLUMNS },
      (_, index) => `.${kind}-${index + 1} td:nth-child(${index + 1})`,
    );
    const heads = cells.map((cell) => cell.replace("td", "th"));
    const selected = style.startsWith("text-align") ? [...cells, ...heads] : cells;
    return style === "" ? "" : `${selected.join(", ")} { ${style}; }\n`;
  };
  const kinds = Object.entries(COLUMN_STYLES);
  const everywhere = kinds.map(([kind, [style]]) => rule(kind, style));
  const onScreen = kinds.map(([kind, [, style]]) => rule(kind, style));
  return `${everywhere.join("")}@media screen {\n${onScreen.join("")}}\n`;
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
  /** Whether a narrow screen shows a row as a list, each cell with its title: for wide tables. */
  readonly isStacked?: boolean;
  /** Shown in place of a table without rows. */
  readonly none?: string;
}

/**
 * Writes a table: a head that print repeats, and a row for each item. The end tags of cells and
 * rows are left out, as HTML allows: a long table is a third shorter. No line end stands between
 * rows, since it would be text of a cell.
 */
export function table<Row>(given: TableOf<Row>): Html {
  const { name, caption, columns, rows, id, none, isStacked } = given;
  if (rows.length === 0) return html`<p class="none">${none ?? "None."}</p>`;
  const kinds = columns.flatMap(({ kind }, index) => (kind ? [`${kind}-${index + 1}`] : []));
  const classes = isStacked ? [...kinds, "stacked"] : kinds;
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0">
<table data-table="${name}" class="${classes.join(" ")}">
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) =>
    html`<tr${id && html` id="${id(row)}"`}>${columns.map(({ title, cell, value }) => {
      const sorted = value?.(row);
      const label = isStacked && html` data-label="${title}"`;
      const by = sorted !== undefined && html` data-value="${sorted}"`;
      return html`<td${label}${by}>${cell(row)}`;
    })}`,
)}</tbody>
</table>
</div>`;
}

/** Facts as a list of terms. One without a value is left out. */
export function facts(list: readonly (readonly [term: string, value: HtmlValue])[]): Html {
  return html`<dl>
${list
  .filter(([, value]) => value !== undefined && value !== false && value !== "")
  .map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

/** A number that the page's script writes as its reader does. */
export function number(value: number | string): Html {
  return html`<data value="${value}">${value}</data>`;
}

/**
 * A sentence of ours. The page's script writes its numbers as its reader does, but not those that
 * name an entry. It has no ids and no times, whose digits stay as they are.
 */
export function quantities(sentence: string): Html {
  const parts = sentence.split(QUANTITY);
  return html`${parts.map((part, index) => (index % 2 === 1 ? number(part) : part))}`;
}

const QUANTITY = /(?<!entry )\b(\d+(?:\.\d+)?)\b/;

/** A moment, as the log has it. */
export function time(value: string): Html {
  return html`<time datetime="${value}">${inUtc(value)} UTC</time>`;
}

/** The same for a column whose title says that it is UTC. */
export function inUtc(value: string): string {
  return value.replace("T", " ").replace("Z", "");
}
