/**
 * What the library's messages name, and what whoever runs a command has in its place. An option
 * that one call alone can complain about is translated by its command.
 */
const TERMS: readonly (readonly [library: string, command: string])[] = [
  [
    "read fewer days (lookbackDays), or raise maxRecords",
    "lower --lookback, or raise --max-records",
  ],
  ["(Journal.backup)", "(quorumlog backup)"],
  ["Journal.backup", "quorumlog backup"],
  ["open it here with readOnly: true", "only read it here"],
];

/** The message of an error, in terms of commands and flags. */
export function inCommandTerms(message: string): string {
  return TERMS.reduce((text, [library, command]) => text.replaceAll(library, command), message);
}
