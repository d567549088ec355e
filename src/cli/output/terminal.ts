import { inspect } from "node:util";
import type { CommandIo } from "../input/command.js";

const ASCII = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;

/**
 * The ranges of the classes W and F of Unicode's East Asian Width (UAX 11). Regular expressions
 * have no name for them.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}\p{EPres}]|\ufe0f/u;
const MARKS = /^\p{M}+$/u;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemesOf(text)) width += graphemeWidth(grapheme);
  return width;
}

/** The text in exactly this many columns: padded with spaces, or cut with an ellipsis. */
export function inColumns(text: string, width: number, alignRight = false): string {
  const missing = width - displayWidth(text);
  if (missing >= 0) return alignRight ? " ".repeat(missing) + text : text + " ".repeat(missing);
  let kept = "";
  let taken = 0;
  for (const grapheme of graphemesOf(text)) {
    const next = taken + graphemeWidth(grapheme);
    if (next > width - 1) break;
    kept += grapheme;
    taken = next;
  }
  return `${kept}…${" ".repeat(width - 1 - taken)}`;
}

/** What a reader takes for one character. A segmenter takes 10 ms to make (measured). */
function* graphemesOf(text: string): Generator<string, void, undefined> {
  if (ASCII.test(text)) return yield* text;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return MARKS.test(grapheme) ? 0 : 1;
}

/** How text on a terminal can stand out. */
export type Style = "bold" | "red" | "yellow";

/**
 * The text in a style, if the output has colours and they are not turned off
 * (https://no-color.org).
 */
export function styled(style: Style | undefined, text: string, { stdout, env }: CommandIo): string {
  const hasColours = stdout.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  if (style === undefined || !hasColours) return text;
  const [on, off] = inspect.colors[style] ?? [0, 0];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

/**
 * Breaks a text between words into lines that fit a width. All lines but the first are indented. A
 * word that is longer than a line stays whole: people copy hashes and keys.
 *
 * @param columns - The width; undefined for one line, however long.
 */
export function wrapped(text: string, columns: number | undefined, indent: number): string {
  if (columns === undefined) return text;
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(" ")) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line === undefined || displayWidth(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = " ".repeat(indent) + word;
    }
  }
  return [...lines, line].join("\n");
}
