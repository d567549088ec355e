/** What a spreadsheet takes for the start of a formula, after any white space, or of a guard of ours. */
const FORMULA = /^[\s\0]*[=+\-@＝＋－＠']|^[\t\r\n]/;
const QUOTED = /[",\r\n]|^\s|\s$|^$/;

/**
 * One record of CSV (RFC 4180) with its line end. A value that a spreadsheet could take for a formula gets an apostrophe
 * in front, as OWASP asks (https://owasp.org/www-community/attacks/CSV_Injection); so does one that begins with an
 * apostrophe, so that taking one off gives every value back. What is undefined is empty, an empty string is `""`.
 */
export function csvRecord(values: readonly (string | undefined)[]): string {
  return `${values.map((value) => (value === undefined ? "" : csvField(value))).join(",")}\r\n`;
}

function csvField(value: string): string {
  const guarded = FORMULA.test(value) ? `'${value}` : value;
  return guarded !== value || QUOTED.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
