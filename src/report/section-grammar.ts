import { visibleLines } from "../text/safe-text.js";

/** What may stand in an element, beside other elements. */
type Content = "text" | "space" | "nothing";

/** How the sections of a report write one element. */
interface Rule {
  readonly parents: ReadonlySet<string>;
  /** All that may stand behind its name. */
  readonly attributes: RegExp;
  readonly content: Content;
}

/** What a template writes in quotes. */
const VALUE = '(?:[^"<>&=]|&(?:amp|lt|gt|quot|#61);)*';
const ANCHOR = String.raw`(?:proposal|subject)-[\w.:-]+`;
const PICTURE = "(?:votes|authorizations|participation|durations)";
const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const MARK =
  "(?:approve|reject|abstain|other|in-force|expired|revoked|not-valid|uncertain|voted|" +
  "eligible|decided)";
const COLUMN = "(?:number|count|time|id|hash|line)-[1-9]";
const BADGE =
  "(?:state (?:passed|rejected|open|expired|contradictory|yes|no|unknown)|" +
  "severity (?:error|warning|info|open))";

/**
 * The elements of sections: where each may stand, with which attributes, and what it holds. Where
 * the HTML standard (13.2.6, tree construction) would close an element, move text out of a table,
 * or leave an SVG, this has no rule. So a browser reads what this reads. Classes and sizes are
 * those that the templates write: others could draw over what stands elsewhere.
 */
const GRAMMAR: ReadonlyMap<string, Rule> = new Map([
  rule("a", "td dd li", "text", ` href="#(?:seq-\\d+|${ANCHOR})"`),
  rule("caption", "table", "text"),
  rule("code", "td dd li", "text", '(?: class="hash")?'),
  rule("data", "p dd td li desc title", "text", ` value="${VALUE}"`),
  rule("dd", "div", "text"),
  rule("defs", "svg", "space"),
  rule("desc", "svg", "text", ` id="${PICTURE}-desc"`),
  rule("details", "section", "space", ` class="(?:rules|case" open id="${ANCHOR})"`),
  rule(
    "div",
    "dl section figure div details",
    "space",
    '(?: class="(?:picture|data)"|' +
      ` class="(?:drawing" role="region|scroll" role="group)" aria-label="${VALUE}" tabindex="0")?`,
  ),
  rule("dl", "section details", "space", '(?: class="figures")?'),
  rule("dt", "div", "text"),
  rule("figcaption", "figure", "space"),
  rule("figure", "section", "space", ` id="picture-${PICTURE}"`),
  rule("h3", "section figcaption summary", "text"),
  rule("i", "dd", "text"),
  rule("li", "ul ol", "text"),
  rule("line", "svg", "nothing", ` class="grid"${numbers("x1 x2 y1 y2")}`),
  rule("ol", "details", "space", ' class="timeline" aria-label="Timeline"'),
  rule("p", "section figcaption div details", "text", '(?: class="none")?'),
  rule("path", "pattern", "nothing", ' d="(?:M0 6 6 0|M0 3H6)"'),
  rule(
    "pattern",
    "defs",
    "space",
    ' id="hatch-[bd]" width="6" height="6" patternUnits="userSpaceOnUse"',
  ),
  rule(
    "rect",
    "svg pattern",
    "space",
    ' class="(?:' +
      'hatch-[bd]" width="6" height="6"|' +
      `${MARK}" width="12" height="12" rx="2"|${MARK}"${numbers("x y width height")})`,
  ),
  rule("span", "h3 td li", "text", `(?: class="${BADGE}")?`),
  rule("strong", "td", "text", ' class="bad"'),
  rule("summary", "details", "text"),
  rule(
    "svg",
    "section li div",
    "space",
    '(?: class="hatches" width="0" height="0" aria-hidden="true"|' +
      ' viewBox="0 0 12 12" aria-hidden="true"|' +
      String.raw` viewBox="0 0 520 \d{1,3}" role="img" ` +
      `aria-labelledby="${PICTURE}-title ${PICTURE}-desc")`,
  ),
  rule(
    "table",
    "div",
    "space",
    ` data-table="(?!entries")${VALUE}" class="(?:${COLUMN}(?: |(?=")))*(?:stacked)?"`,
  ),
  rule("tbody", "table", "space"),
  rule("td", "tr", "text", `(?: data-label="[A-Z][a-z ]{0,20}")?(?: data-value="${VALUE}")?`),
  rule("text", "svg", "text", `${numbers("x y")}(?: text-anchor="(?:middle|end)")?`),
  rule("th", "tr", "text", ' scope="col"'),
  rule("thead", "table", "space"),
  rule("time", "td dd li", "text", ` datetime="${VALUE}"`),
  rule("title", "svg rect", "text", `(?: id="${PICTURE}-title")?`),
  rule("tr", "thead tbody", "space"),
  rule("tspan", "text", "text", ` data-number="${VALUE}"`),
  rule("ul", "div td dd", "space", '(?: class="legend")?'),
]);

function rule(
  name: string,
  parents: string,
  content: Content,
  attributes = "",
): readonly [name: string, rule: Rule] {
  const all = new RegExp(`^(?:${attributes})$`);
  return [name, { parents: new Set(parents.split(" ")), attributes: all, content }];
}

function numbers(names: string): string {
  return names
    .split(" ")
    .map((name) => ` ${name}="${NUMBER}"`)
    .join("");
}

const TAG = /<(?<end>\/?)(?<name>[a-z][a-z0-9]*)(?<attributes>[^<>]*?)(?<empty>\/?)>/y;
const TEXT = /^(?:[^<>&]|&(?:amp|lt|gt);)*$/;
const SPACE = /^[ \n]*$/;

/**
 * Whether a section has only what the templates of a report write, each element where they write
 * it. Such a section changes nothing but itself, whatever its text says.
 *
 * @param section - With its tags.
 * @param head - Its first tag and its heading, which must be these.
 */
export function isWellWritten(section: string, head: string): boolean {
  const end = section.length - "</section>".length;
  if (head === "" || !section.startsWith(head) || end < head.length) return false;
  const open = ["section"];
  let from = head.length;
  while (from < end) {
    const next = section.indexOf("<", from);
    if (!isContent(section.slice(from, next), open.at(-1) ?? "")) return false;
    if (next === end) return open.length === 1;
    TAG.lastIndex = next;
    const tag = TAG.exec(section)?.groups as Readonly<Record<string, string>> | undefined;
    if (tag === undefined || !isTaken(tag, open)) return false;
    from = TAG.lastIndex;
  }
  return from === end && open.length === 1;
}

function isContent(text: string, parent: string): boolean {
  const holdsText = GRAMMAR.get(parent)?.content === "text";
  return holdsText ? TEXT.test(text) && visibleLines(text) === text : SPACE.test(text);
}

/** Whether a tag may come next. Says in `open` what is open behind it. */
function isTaken(
  { end, name = "", attributes = "", empty }: Readonly<Record<string, string>>,
  open: string[],
): boolean {
  if (end !== "") {
    if (name === "tbody") closeRow(open);
    return open.pop() === name && attributes === "" && empty === "" && name !== "td";
  }
  // cells, and the rows of a body, have no end tag
  if (name === "td" && open.at(-1) === "td") open.pop();
  if (name === "tr") closeRow(open);
  const known = GRAMMAR.get(name);
  if (!known?.parents.has(open.at(-1) ?? "") || !known.attributes.test(attributes)) return false;
  const isEmpty = empty !== "";
  if (isEmpty) return known.content === "nothing" || name === "rect";
  open.push(name);
  return known.content !== "nothing";
}

function closeRow(open: string[]): void {
  if (open.at(-1) === "td") open.pop();
  if (open.at(-1) === "tr") open.pop();
}
