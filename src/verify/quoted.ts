const LONGEST = 64;

/**
 * Text of evidence as a message can hold it: in quotes, cut, and printable ASCII only, so that it cannot steer a terminal,
 * forge a line or turn the direction of writing.
 */
export function quoted(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return JSON.stringify(cut).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
