const PLAIN = /^[ -~]*$/;

/**
 * An emoji, in which joiners and variation selectors have a meaning; or what cannot be seen or moves what can be: C0, C1
 * and DEL, bidi controls, zero-width and other characters without a shape, line separators, lone surrogates.
 */
const EMOJI_OR_UNSEEN =
  /(?<emoji>\p{ExtPict}[\ufe0f\p{EMod}]?(?:\u200d\p{ExtPict}[\ufe0f\p{EMod}]?)*)|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;

/**
 * Text that can be shown on a terminal: nothing in it moves the cursor, starts a line, turns the direction of writing or
 * hides. What could stands there as in JSON, `\u001b`, so that JSON stays the same JSON.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(
    EMOJI_OR_UNSEEN,
    (found, emoji: string | undefined) => emoji ?? escaped(found),
  );
}

/** The same for a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

function escaped(text: string): string {
  let units = "";
  for (let index = 0; index < text.length; index++)
    units += `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
  return units;
}
