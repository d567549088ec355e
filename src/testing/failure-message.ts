import type { AuditEntry } from "../entry/audit-entry.js";
import { counted, cut, visible } from "../text/safe-text.js";
import type { Comparison, Difference, ExpectedFields } from "./entry-expectation.js";

/** How many entries a message shows. */
export const SHOWN_ENTRIES = 3;

const MAX_VALUE_LENGTH = 200;

/** Writes a value on one line: the test runner's own function, which knows asymmetric matchers. */
export type Print = (value: unknown) => string;

/** The fields of an expectation, one a line. */
export function fieldLines(expected: ExpectedFields, print: Print): string[] {
  if (expected.length === 0) return ["  any entry"];
  return expected.map(([field, value]) => `  ${field}: ${printed(value, print)}`);
}

/** The fields of an expectation on one line. */
export function fieldLine(expected: ExpectedFields, print: Print): string {
  return fieldLines(expected, print)
    .map((line) => line.trim())
    .join(", ");
}

/** The nearest entries, each with the values that differ. */
export function nearestLines(comparisons: readonly Comparison[], print: Print): string[] {
  return nearest(comparisons).flatMap(({ entry, matching, differences }) => [
    `  ${headline(entry)}: ${matching} of ${matching + differences.length} as expected`,
    ...differences.map((difference) => `    ${differenceLine(difference, print)}`),
  ]);
}

/**
 * The first few entries, one a line, with the fields of an expectation, and how many more there
 * are.
 */
export function entryLines(
  entries: readonly AuditEntry[],
  expected: ExpectedFields,
  print: Print,
): string[] {
  const lines = entries.slice(0, SHOWN_ENTRIES).map((entry) => {
    const fields = expected.map(([field]) => [field, entry[field]] as const);
    const others = fields.filter(([field]) => field !== "operation" && field !== "timestamp");
    return `  ${headline(entry)}${others.length === 0 ? "" : `: ${fieldLine(others, print)}`}`;
  });
  const more = entries.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

/** What a reader holds, in words. A bounded log may have evicted what the test looks for. */
export function holding(entries: readonly AuditEntry[]): string {
  const first = entries[0]?.sequence ?? 0;
  const gone = first === 0 ? "" : ` (those before #${first} are gone)`;
  return `the ${counted(entries.length, "entry", "entries")} that it holds${gone}`;
}

/** Names an entry: sequence, time and operation. */
export function headline(entry: AuditEntry): string {
  return `#${entry.sequence} ${entry.timestamp} ${entry.operation}`;
}

/** The entries with the most matching values first, and among equal ones the newest first. */
function nearest(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons
    .toSorted((a, b) => b.matching - a.matching || b.entry.sequence - a.entry.sequence)
    .slice(0, SHOWN_ENTRIES);
}

function differenceLine({ path, expected, actual }: Difference, print: Print): string {
  return `${path}: expected ${printed(expected, print)}, got ${printed(actual, print)}`;
}

function printed(value: unknown, print: Print): string {
  if (value === undefined) return "nothing";
  return cut(visible(print(value)), MAX_VALUE_LENGTH);
}
