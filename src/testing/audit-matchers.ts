import type { MatcherState, SyncMatcherResult } from "vitest";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditReader } from "../query/audit-reader.js";
import { counted } from "../text/safe-text.js";
import {
  type Comparison,
  compareEntry,
  type EntryExpectation,
  type ExpectedFields,
  expectedFields,
  invalidQuery,
} from "./entry-expectation.js";
import {
  entryLines,
  fieldLine,
  fieldLines,
  headline,
  holding,
  nearestLines,
  type Print,
} from "./failure-message.js";

declare module "vitest" {
  // the names and bounds of the parameters must be those of vitest's own declaration
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Passes if the log holds an entry with all expected fields. Added by {@link auditMatchers}.
     */
    toHaveRecorded(expected: EntryExpectation): R;
    /**
     * Passes if the log holds entries that meet the expectations one after the other, by sequence.
     * Other entries may stand between them. Added by {@link auditMatchers}.
     */
    toHaveRecordedInOrder(expected: readonly EntryExpectation[]): R;
  }
}

/** The type of {@link auditMatchers}. */
export type AuditMatchers = {
  readonly toHaveRecorded: (
    this: MatcherState,
    received: unknown,
    expected: EntryExpectation,
  ) => SyncMatcherResult;
  readonly toHaveRecordedInOrder: (
    this: MatcherState,
    received: unknown,
    expected: readonly EntryExpectation[],
  ) => SyncMatcherResult;
};

/**
 * Matchers for vitest that find entries in an audit log, whatever else is in it.
 *
 * They look at every entry that the reader holds, not only at the newest 100. A reader is a
 * `GovernanceAuditLog`, an `AuditLogProcessor`, or anything else that answers queries. They cannot
 * find entries that a bounded log has evicted. When they fail, they show the nearest entries with
 * the fields that differ. They throw `AuditError` `invalid_query`, also under `.not`, for a value
 * that is not a reader and for an expectation that no entry can meet, such as one with a misspelt
 * field.
 *
 * @example In a test; `expect.extend` may stand in a setup file
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { auditMatchers } from "quorumlog/testing";
 * import { expect, test } from "vitest";
 *
 * expect.extend(auditMatchers);
 *
 * test("a node that leaves is recorded after it joined", () => {
 *   const audit = new GovernanceAuditLog();
 *   audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
 *   audit.logNodeRemoved({ did: "did:pqaid:eve" });
 *   expect(audit).toHaveRecorded({ operation: "node_added", details: { weight: 1 } });
 *   expect(audit).toHaveRecordedInOrder([
 *     { operation: "node_added" },
 *     { operation: "node_removed" },
 *   ]);
 *   expect(audit).not.toHaveRecorded({ actorDid: "did:pqaid:mallory" });
 * });
 * ```
 */
export const auditMatchers: AuditMatchers = {
  toHaveRecorded(received, expected) {
    const name = "toHaveRecorded";
    const entries = entriesIn(received, name);
    const fields = expectedFields(expected, name);
    const comparisons = compareAll(entries, fields, this);
    const found = comparisons.filter(meets).map(({ entry }) => entry);
    const print = printer(this);
    const does = found.length === 1 ? "this one does" : `${found.length} do`;
    return found.length > 0
      ? result(true, [
          "expected the audit log to hold no entry with",
          ...fieldLines(fields, print),
          `but of ${holding(entries)}, ${does}:`,
          ...entryLines(found, fields, print),
        ])
      : result(false, [
          "expected the audit log to hold an entry with",
          ...fieldLines(fields, print),
          ...noneOf(entries, comparisons, print),
        ]);
  },

  toHaveRecordedInOrder(received, expected) {
    const name = "toHaveRecordedInOrder";
    const entries = entriesIn(received, name);
    const steps = stepsOf(expected, name);
    const found = subsequence(entries, steps, this);
    const print = printer(this);
    const lines = steps.map((fields, index) => {
      const entry = found[index];
      const where = entry
        ? `found: ${headline(entry)}`
        : index === found.length
          ? "NOT FOUND"
          : "not looked for";
      return `  ${index + 1}. ${fieldLine(fields, print)}\n     ${where}`;
    });
    const missing = steps[found.length];
    if (missing === undefined)
      return result(true, [
        "expected the audit log not to hold these entries in this order:",
        ...lines,
      ]);
    const last = found.at(-1);
    const rest =
      last === undefined ? entries : entries.filter((entry) => entry.sequence > last.sequence);
    const earlier = compareAll(entries, missing, this).filter(meets).at(-1)?.entry;
    return result(false, [
      "expected the audit log to hold these entries in this order:",
      ...lines,
      ...(earlier === undefined
        ? []
        : [`${headline(earlier)} would do, but is not after number ${found.length}`]),
      ...noneOf(rest, compareAll(rest, missing, this), print, last),
    ]);
  },
};

const READER_METHODS = ["entries", "page", "count", "get"] as const;
const PAGE_SIZE = 1000;

/**
 * All entries of a reader, oldest first. Throws `invalid_query` for a value that is not a reader.
 */
function entriesIn(received: unknown, name: string): AuditEntry[] {
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

function compareAll(
  entries: readonly AuditEntry[],
  fields: ExpectedFields,
  state: MatcherState,
): Comparison[] {
  const equals = (actual: unknown, expected: unknown): boolean =>
    actual === expected || state.equals(actual, expected, state.customTesters);
  return entries.map((entry) => compareEntry(entry, fields, equals));
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
  state: MatcherState,
): AuditEntry[] {
  const found: AuditEntry[] = [];
  for (const entry of entries) {
    const fields = steps[found.length];
    if (fields === undefined) break;
    if (compareAll([entry], fields, state).some(meets)) found.push(entry);
  }
  return found;
}

function noneOf(
  entries: readonly AuditEntry[],
  comparisons: readonly Comparison[],
  print: Print,
  after?: AuditEntry,
): string[] {
  const where = after === undefined ? "" : ` after #${after.sequence}`;
  if (entries.length === 0)
    return [after === undefined ? "but it holds none" : `but it holds none${where}`];
  const of =
    after === undefined
      ? holding(entries)
      : `the ${counted(entries.length, "entry", "entries")}${where}`;
  return [`but none of ${of} does; the nearest:`, ...nearestLines(comparisons, print)];
}

function printer(state: MatcherState): Print {
  return (value) => state.utils.stringify(value, undefined, { min: true });
}

function result(pass: boolean, lines: readonly string[]): SyncMatcherResult {
  return { pass, message: () => lines.join("\n") };
}
