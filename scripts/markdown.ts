/** What the generators of documents share. */

const WIDTH = 100;
/** A piece of prose that must not be broken: a code span, a link, or a word, and what touches it. */
const PIECE = /(?:`[^`]+`|\[(?:`[^`]+`|[^\]`])+\]\([^)]+\)|\S)+/g;

/** A table; each cell is one line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** Text as the cell of a table: one line, in which no "|" ends the cell. */
export function cell(markdown: string): string {
  return markdown
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/(?<!\\)\|/g, "\\|");
}

/** Wraps paragraphs and lists at 100 columns. Tables and code stay as they are. */
export function wrapped(markdown: string): string {
  let isCode = false;
  const blocks: string[][] = [[]];
  for (const line of markdown.split("\n")) {
    const isFence = line.startsWith("```");
    const startsBlock = !isCode && (isFence || /^(?:- |\|)/.test(line));
    if (startsBlock) blocks.push([]);
    if (isFence) isCode = !isCode;
    blocks.at(-1)?.push(line);
    if (!isCode && (isFence || line === "")) blocks.push([]);
  }
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines, index, all) => {
      const follows = index > 0 && all[index - 1]?.at(-1) !== "";
      return follows && lines[0]?.startsWith("```") ? ["", ...lines] : lines;
    })
    .map((lines) => (/^(?:```|\||$)/.test(lines[0] ?? "") ? lines : wrapLines(lines)).join("\n"))
    .join("\n");
}

function wrapLines(lines: readonly string[]): string[] {
  const isItem = lines[0]?.startsWith("- ") === true;
  const endsBlock = lines.at(-1) === "";
  const done: string[] = [];
  let current = "";
  for (const [piece] of lines.join(" ").matchAll(PIECE)) {
    const indent = isItem && done.length > 0 ? "  " : "";
    if (current === "") current = piece;
    else if ([...indent, ...current, " ", ...piece].length <= WIDTH) current += ` ${piece}`;
    else {
      done.push(indent + current);
      current = piece;
    }
  }
  done.push((isItem && done.length > 0 ? "  " : "") + current);
  return endsBlock ? [...done, ""] : done;
}

/** The anchor of a heading as GitHub and GitLab make it, without the number of a repetition. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, "")
    .replaceAll(" ", "-");
}
