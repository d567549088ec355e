/** Escapes of one character that both JSON and Go know, and Go's own. */
const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
]);

/**
 * Reads a string of Go in double quotes at the start of a text, as LogQL does ("The Go Programming Language Specification",
 * String literals), and how long it is there. Throws where Go would refuse it.
 */
export function goString(text: string): { readonly value: string; readonly length: number } {
  if (text[0] !== '"') throw new Error("parse error: no string");
  let value = "";
  for (let at = 1; ; ) {
    const next = text[at];
    if (next === undefined || next === "\n") throw new Error("parse error: literal not terminated");
    if (next === '"') return { value, length: at + 1 };
    if (next !== "\\") {
      value += next;
      at++;
      continue;
    }
    const letter = text[at + 1] ?? "";
    const hex = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(at + 1, at + 6));
    const simple = SIMPLE.get(letter);
    if (simple !== undefined) {
      value += simple;
      at += 2;
    } else if (hex !== null) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? "", 16);
      if (code >= 0xd800 && code <= 0xdfff)
        throw new Error("parse error: invalid Unicode code point");
      value += String.fromCodePoint(code);
      at += 1 + hex[0].length;
    } else throw new Error("parse error: unknown escape");
  }
}
