import { displayWidth } from "./display-width.js";

/**
 * Text in lines that fit a width, broken between words; all but the first are indented. A word that is too long for any
 * line stays whole, since whoever copies a hash or a key wants all of it.
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
