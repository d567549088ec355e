/**
 * What a spreadsheet takes for the start of a formula, also after white space and in the wide form
 * of East Asian text.
 */
const FORMULA_START = String.raw`[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]`;
/**
 * The start of a value that a spreadsheet takes for a formula, or of one that begins with an
 * apostrophe. A formula may also begin behind a character that separates fields or quotes them: in
 * many countries, spreadsheets split at a semicolon.
 */
const GUARDED = new RegExp(
  `^${FORMULA_START}|^[\\s\\0]*'|^[\\t\\r\\n]|[;,\\t|"\\r\\n]${FORMULA_START}`,
);
const QUOTED = /[",;|\t\r\n]|^\s|\s$|^$/;

/**
 * One record of CSV (RFC 4180) with its line end. A value that a spreadsheet could take for a
 * formula, or for several fields with one, gets an apostrophe in front, as OWASP asks
 * (https://owasp.org/www-community/attacks/CSV_Injection). So does a value that begins with an
 * apostrophe: removing one apostrophe then gives every value back. An undefined value is written as
 * nothing, an empty string as `""`.
 */
export function csvRecord(values: readonly (string | undefined)[]): string {
  return `${values.map((value) => (value === undefined ? "" : csvField(value))).join(",")}\r\n`;
}

function csvField(value: string): string {
  const guarded = GUARDED.test(value) ? `'${value}` : value;
  return guarded !== value || QUOTED.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
