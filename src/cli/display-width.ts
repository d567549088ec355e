const ASCII = /^[ -~]*$/;
const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Ranges of the classes W and F of Unicode's East Asian Width (UAX 11), which regular expressions do not know. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}\p{EPres}]|\ufe0f/u;
const MARKS = /^\p{M}+$/u;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text in exactly so many columns: filled up with spaces, or cut with an ellipsis. */
export function inColumns(text: string, width: number, alignRight = false): string {
  const missing = width - displayWidth(text);
  if (missing >= 0) return alignRight ? " ".repeat(missing) + text : text + " ".repeat(missing);
  let kept = "";
  let taken = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    const next = taken + graphemeWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    taken = next;
  }
  return `${kept}…${" ".repeat(width - 1 - taken)}`;
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return MARKS.test(grapheme) ? 0 : 1;
}
