/**
 * The characters that can deceive whoever reads a text:
 *
 * - controls (C0, DEL, C1) start a line, move the cursor or colour a terminal;
 * - the line and paragraph separators (U+2028, U+2029) start a line in some programs;
 * - bidi controls change the order in which text is read;
 * - zero-width and other ignorable characters hide, and make two texts look the same;
 * - lone surrogates, private and unassigned characters look like whatever the font makes of them.
 *
 * Text that comes from outside, such as a canonical line, an id, or an answer of a backend, can
 * hold any of them.
 */
const UNSAFE = String.raw`[\p{C}\p{Zl}\p{Zp}\p{DI}]`;
/** In an emoji, joiners and variation selectors have a meaning. */
const EMOJI = String.raw`\p{ExtPict}[\ufe0f\p{EMod}]?(?:\u200d\p{ExtPict}[\ufe0f\p{EMod}]?)*`;

const UNSAFE_RUN = new RegExp(`${UNSAFE}+`, "gu");
const EMOJI_OR_UNSAFE = new RegExp(`(?<emoji>${EMOJI})|${UNSAFE}`, "gu");
const PLAIN = /^[ -~]*$/;
const NOT_PLAIN = /[^ -~]/g;
const ONE_WORD = /^[^\s"\\]+$/;

/** How much of a text a message quotes. */
const QUOTED_LENGTH = 64;
/** How much of a backend's answer a message shows. */
const EXCERPT_LENGTH = 200;

/**
 * Text for one line of a terminal or a message. Unsafe characters are escaped as in JSON, `\u001b`,
 * so JSON stays the same JSON.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(
    EMOJI_OR_UNSAFE,
    (found, emoji: string | undefined) => emoji ?? escaped(found),
  );
}

/** The same for a text of several lines: the line ends stay. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/**
 * Text as one word of a line: as it is, or quoted as JSON where it is empty, has white space or
 * quotes, or is not safe. So a value cannot be read as several words.
 */
export function word(text: string): string {
  return ONE_WORD.test(text) && visible(text) === text ? text : visible(JSON.stringify(text));
}

/**
 * Text in quotes for a message about evidence: cut, and in printable ASCII only, so that letters of
 * another script cannot pass for known ones.
 */
export function quoted(text: string, length: number = QUOTED_LENGTH): string {
  return JSON.stringify(cut(text, length, "...")).replaceAll(NOT_PLAIN, escaped);
}

/** The beginning of a text of several lines, such as a web page, on one line. */
export function excerpt(text: string, length: number = EXCERPT_LENGTH): string {
  return cut(text.replaceAll(UNSAFE_RUN, " ").trim(), length);
}

/** The text, or its beginning and an ellipsis. Never ends in half a character. */
export function cut(text: string, length: number, ellipsis = "…"): string {
  if (text.length <= length) return text;
  const isSplit = /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text.slice(0, isSplit ? length - 1 : length) + ellipsis;
}

/** The end of a file name, which no key in base64, hexadecimal or PEM has. */
const FILE_NAME_END = /\.[a-z0-9_-]{1,16}$/i;

/**
 * The path of a key file in quotes for a message, if it is surely one. If not, somebody may have
 * given the key itself, and a message must not show that.
 */
export function keyFile(path: string): string {
  const isPath = FILE_NAME_END.test(path) && !/[\r\n]|-{4}|PRIVATE/.test(path);
  return isPath ? `"${visible(path)}"` : "(its value is not shown: it may be a key itself)";
}

/** A number of things in words: `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) =>
    character.charCodeAt(index).toString(16).padStart(4, "0"),
  );
  return units.map((unit) => `\\u${unit}`).join("");
}
