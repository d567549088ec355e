import type { MatcherState, SyncMatcherResult } from "vitest";
import type { AuditEntry } from "../entry/audit-entry.js";
import { AuditError } from "../errors.js";
import { counted } from "../text/safe-text.js";
import { type Comparison, compareEntry } from "./comparison.js";
import { type EntryExpectation, type ExpectedFields, expectedFields } from "./entry-expectation.js";
import {
  entryLines,
  fieldLine,
  fieldLines,
  headline,
  holding,
  nearestLines,
  type Print,
} from "./failure-message.js";
import { heldEntries } from "./held-entries.js";

declare module "vitest" {
  // The names and bounds of the parameters must be those of vitest's own declaration.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Passes when the log holds an entry with all the expected fields. Added by {@link auditMatchers}.
     */
    toHaveRecorded(expected: EntryExpectation): R;
    /**
     * Passes when the log holds entries that meet the expectations one after the other, in the order of sequence;
     * others may stand between them. Added by {@link auditMatchers}.
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
 * Matchers for vitest: what is in an audit log, whatever else is in it.
 *
 * They look at every entry that the reader holds (a `GovernanceAuditLog`, an `AuditLogProcessor`, or anything else that
 * answers queries), not at the newest 100 alone. Entries that a bounded log has evicted cannot be found. When they
 * fail, they show the nearest entries with the fields that differ. They throw `AuditError` `invalid_query`, also
 * under `.not`, for a value that is no reader and for an expectation that no entry could ever meet, such as one with a
 * misspelt field.
 *
 * @example In a test; `expect.extend` may stand in a setup file, once for all
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
 *   expect(audit).toHaveRecordedInOrder([{ operation: "node_added" }, { operation: "node_removed" }]);
 *   expect(audit).not.toHaveRecorded({ actorDid: "did:pqaid:mallory" });
 * });
 * ```
 */
export const auditMatchers: AuditMatchers = {
  toHaveRecorded(received, expected) {
    const name = "toHaveRecorded";
    const entries = heldEntries(received, name);
    const fields = expectedFields(expected, name);
    const comparisons = compareAll(entries, fields, this);
    const found = comparisons.filter(meets).map(({ entry }) => entry);
    const print = printer(this);
    return found.length > 0
      ? result(true, [
          "expected the audit log to hold no entry with",
          ...fieldLines(fields, print),
          `but of ${holding(entries)}, ${found.length === 1 ? "this one does" : `${found.length} do`}:`,
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
    const entries = heldEntries(received, name);
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

function stepsOf(expected: unknown, name: string): ExpectedFields[] {
  if (!Array.isArray(expected) || expected.length === 0)
    throw new AuditError(
      "invalid_query",
      `${name}: expected an array of at least one expectation`,
      {
        field: "expectation",
      },
    );
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

/** The entries that meet the steps, each the first one after that of the step before, as far as there are any. */
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
