import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditReader } from "../query/audit-reader.js";
import { counted } from "../text/safe-text.js";
import { type Comparison, compareEntry, type Sides, sidesOf } from "./compare-entry.js";
import { type ExpectedFields, expectedFields, invalidQuery } from "./entry-expectation.js";
import {
  entryLines,
  fieldLine,
  fieldLines,
  headline,
  holding,
  nearestFirst,
  nearestLines,
} from "./failure-message.js";

/** Whether a log holds what was expected. */
export interface Outcome {
  readonly pass: boolean;
  /** The entries that meet the expectation; in order, those that were found before one was not. */
  readonly found: readonly AuditEntry[];
  /** What to say if the test wanted the opposite. */
  readonly message: () => string;
  /**
   * What was expected and the nearest that the log holds. Only for an outcome that did not pass.
   */
  readonly sides: () => Sides;
}

/**
 * Looks for an entry with all expected fields.
 *
 * @param received - Untrusted, and so is `expected`.
 * @param name - The beginning of the message of an error.
 * @throws `AuditError` `invalid_query` for a value that is not a reader, and for an expectation
 * that no entry can meet.
 */
export function recorded(received: unknown, expected: unknown, name: string): Outcome {
  const entries = entriesIn(received, name);
  const fields = expectedFields(expected, name);
  const comparisons = compareAll(entries, fields);
  const found = comparisons.filter(meets).map(({ entry }) => entry);
  const does = found.length === 1 ? "this one does" : `${found.length} do`;
  const pass = found.length > 0;
  const lines = (): string[] =>
    pass
      ? [
          "expected the audit log to hold no entry with",
          ...fieldLines(fields),
          `but of ${holding(entries)}, ${does}:`,
          ...entryLines(found, fields),
        ]
      : [
          "expected the audit log to hold an entry with",
          ...fieldLines(fields),
          ...noneOf(entries, comparisons),
        ];
  return {
    pass,
    found,
    message: () => lines().join("\n"),
    sides: () => sidesOf(fields, nearestFirst(comparisons)[0]?.entry),
  };
}

/**
 * Looks for entries that meet the expectations one after the other. Its parameters and errors are
 * those of {@link recorded}.
 */
export function recordedInOrder(received: unknown, expected: unknown, name: string): Outcome {
  const entries = entriesIn(received, name);
  const steps = stepsOf(expected, name);
  const found = subsequence(entries, steps);
  const missing = steps[found.length];
  const last = found.at(-1);
  const rest =
    last === undefined ? entries : entries.filter((entry) => entry.sequence > last.sequence);
  const comparisons = missing === undefined ? [] : compareAll(rest, missing);
  const lines = (): string[] => {
    const shown = steps.map((fields, index) => stepLine(fields, index, found));
    if (missing === undefined)
      return ["expected the audit log not to hold these entries in this order:", ...shown];
    const earlier = compareAll(entries, missing).filter(meets).at(-1)?.entry;
    return [
      "expected the audit log to hold these entries in this order:",
      ...shown,
      ...(earlier === undefined
        ? []
        : [`${headline(earlier)} would do, but is not after number ${found.length}`]),
      ...noneOf(rest, comparisons, last),
    ];
  };
  return {
    pass: missing === undefined,
    found,
    message: () => lines().join("\n"),
    sides: () => {
      const shown = [...found, nearestFirst(comparisons)[0]?.entry];
      const pairs = steps.map((fields, index) => sidesOf(fields, shown[index]));
      return {
        expected: pairs.map((pair) => pair.expected),
        actual: pairs.flatMap(({ actual }) => (actual === undefined ? [] : [actual])),
      };
    },
  };
}

const READER_METHODS = ["entries", "page", "count", "get"] as const;
const PAGE_SIZE = 1000;

/** All entries of a reader, oldest first. Throws `invalid_query` for what is none. */
export function entriesIn(received: unknown, name: string): AuditEntry[] {
  if (!isReader(received))
    throw invalidQuery(
      name,
      "received",
      "expected an AuditReader, such as a GovernanceAuditLog; pass the log itself, not its entries",
    );
  const entries: AuditEntry[] = [];
  let after: number | undefined;
  do {
    const page = received.page({ order: "oldest", limit: PAGE_SIZE, after });
    if (!Array.isArray(page.entries))
      throw invalidQuery(
        name,
        "received",
        "the reader answers with a promise; await its entries, and compare them with your runner",
      );
    entries.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return entries;
}

function isReader(value: unknown): value is AuditReader {
  const reader = value as Partial<AuditReader> | null | undefined;
  return READER_METHODS.every((method) => typeof reader?.[method] === "function");
}

function stepsOf(expected: unknown, name: string): ExpectedFields[] {
  if (!Array.isArray(expected) || expected.length === 0)
    throw invalidQuery(name, "expectation", "expected an array of at least one expectation");
  return expected.map((step) => expectedFields(step, name));
}

function compareAll(entries: readonly AuditEntry[], fields: ExpectedFields): Comparison[] {
  return entries.map((entry) => compareEntry(entry, fields));
}

function meets(comparison: Comparison): boolean {
  return comparison.differences.length === 0;
}

/**
 * The first entry that meets each step after the entry of the step before, as far as there are any.
 */
function subsequence(
  entries: readonly AuditEntry[],
  steps: readonly ExpectedFields[],
): AuditEntry[] {
  const found: AuditEntry[] = [];
  for (const entry of entries) {
    const fields = steps[found.length];
    if (fields === undefined) break;
    if (meets(compareEntry(entry, fields))) found.push(entry);
  }
  return found;
}

function stepLine(fields: ExpectedFields, index: number, found: readonly AuditEntry[]): string {
  const entry = found[index];
  const missing = index === found.length ? "NOT FOUND" : "not looked for";
  const where = entry === undefined ? missing : `found: ${headline(entry)}`;
  return `  ${index + 1}. ${fieldLine(fields)}\n     ${where}`;
}

function noneOf(
  entries: readonly AuditEntry[],
  comparisons: readonly Comparison[],
  after?: AuditEntry,
): string[] {
  const where = after === undefined ? "" : ` after #${after.sequence}`;
  if (entries.length === 0) return [`but it holds none${where}`];
  const of =
    after === undefined
      ? holding(entries)
      : `the ${counted(entries.length, "entry", "entries")}${where}`;
  return [`but none of ${of} does; the nearest:`, ...nearestLines(comparisons)];
}
