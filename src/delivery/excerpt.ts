/** How much of a text of a backend goes into a message. */
const EXCERPT = 200;

/** Without what could make a second line, move the cursor or turn the reading direction. */
export function excerpt(text: string): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return flat.length > EXCERPT ? `${flat.slice(0, EXCERPT)}…` : flat;
}
