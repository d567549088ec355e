import type { AuditEntry } from "../entry/audit-entry.js";
import { counted, cut, visible } from "../text/safe-text.js";
import type { Comparison, Difference } from "./compare-entry.js";
import type { ExpectedFields } from "./entry-expectation.js";
import { printValue } from "./print-value.js";

/** How many entries a message shows. */
export const SHOWN_ENTRIES = 3;

const MAX_VALUE_LENGTH = 200;

/** The fields of an expectation, one a line. */
export function fieldLines(expected: ExpectedFields): string[] {
  if (expected.length === 0) return ["  any entry"];
  return expected.map(([field, value]) => `  ${field}: ${printed(value)}`);
}

/** The fields of an expectation on one line. */
export function fieldLine(expected: ExpectedFields): string {
  return fieldLines(expected)
    .map((line) => line.trim())
    .join(", ");
}

/** The nearest entries, each with the values that differ. */
export function nearestLines(comparisons: readonly Comparison[]): string[] {
  return nearestFirst(comparisons)
    .slice(0, SHOWN_ENTRIES)
    .flatMap(({ entry, matching, differences }) => [
      `  ${headline(entry)}: ${matching} of ${matching + differences.length} as expected`,
      ...differences.map((difference) => `    ${differenceLine(difference)}`),
    ]);
}

/**
 * The first few entries, one a line, with the fields of an expectation, and how many more there
 * are.
 */
export function entryLines(entries: readonly AuditEntry[], expected: ExpectedFields): string[] {
  const lines = entries.slice(0, SHOWN_ENTRIES).map((entry) => {
    const fields = expected.map(([field]) => [field, entry[field]] as const);
    const others = fields.filter(([field]) => field !== "operation" && field !== "timestamp");
    return `  ${headline(entry)}${others.length === 0 ? "" : `: ${fieldLine(others)}`}`;
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
export function nearestFirst(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons.toSorted(
    (a, b) => b.matching - a.matching || b.entry.sequence - a.entry.sequence,
  );
}

function differenceLine({ path, expected, actual }: Difference): string {
  return `${path}: expected ${printed(expected)}, got ${printed(actual)}`;
}

function printed(value: unknown): string {
  return value === undefined ? "nothing" : cut(visible(printValue(value)), MAX_VALUE_LENGTH);
}
