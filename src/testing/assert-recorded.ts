import { AssertionError } from "node:assert";
import type { AuditEntry, FoundEntry } from "../entry/audit-entry.js";
import type { AuditReader } from "../query/audit-reader.js";
import { sidesOf } from "./compare-entry.js";
import { type EntryExpectation, expectedFields } from "./entry-expectation.js";
import { SHOWN_ENTRIES } from "./failure-message.js";
import { type Outcome, recorded, recordedInOrder } from "./recorded.js";

/**
 * Asserts that a log holds an entry with all expected fields: `toHaveRecorded` of
 * {@link auditMatchers} for `node:test`, mocha and every other runner.
 *
 * @param audit - Anything that answers queries at once, such as a `GovernanceAuditLog`.
 * @returns The first such entry, typed by the operation if the expectation names one.
 * @throws `AssertionError` of `node:assert`, with the message of the matcher; `actual` is the
 * nearest entry, as far as the expectation speaks of it. `AuditError` `invalid_query` for a value
 * that is not a reader, and for an expectation that no entry can meet.
 *
 * @example With node:test
 * ```ts
 * import { test } from "node:test";
 * import { GovernanceAuditLog } from "quorumlog";
 * import { assertNotRecorded, assertRecorded } from "quorumlog/testing";
 *
 * test("a node that leaves is recorded", () => {
 *   const audit = new GovernanceAuditLog();
 *   audit.logNodeRemoved({ did: "did:pqaid:eve" });
 *   assertRecorded(audit, { operation: "node_removed", actorDid: "did:pqaid:eve" });
 *   assertNotRecorded(audit, { operation: "node_added" });
 * });
 * ```
 */
export function assertRecorded<Name extends string>(
  audit: AuditReader,
  expected: EntryExpectation & { readonly operation: Name },
): FoundEntry<Name>;
/** The same for an expectation that does not say the operation. */
export function assertRecorded(audit: AuditReader, expected: EntryExpectation): AuditEntry;
export function assertRecorded(audit: AuditReader, expected: EntryExpectation): AuditEntry {
  const outcome = recorded(audit, expected, "assertRecorded");
  const [entry] = outcome.found;
  if (entry === undefined) throw missing(outcome, assertRecorded);
  return entry;
}

/**
 * Asserts that a log holds entries that meet the expectations one after the other, by sequence.
 * Other entries may stand between them. It is `toHaveRecordedInOrder` of {@link auditMatchers} as a
 * function.
 *
 * @param audit - Anything that answers queries at once, such as a `GovernanceAuditLog`.
 * @returns The entries, one for each expectation.
 * @throws As `assertRecorded` does.
 *
 * @example A double vote
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { assertRecordedInOrder } from "quorumlog/testing";
 *
 * const audit = new GovernanceAuditLog();
 * audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
 * audit.logNodeRemoved({ did: "did:pqaid:eve" });
 * assertRecordedInOrder(audit, [{ operation: "node_added" }, { operation: "node_removed" }]);
 * ```
 */
export function assertRecordedInOrder(
  audit: AuditReader,
  expected: readonly EntryExpectation[],
): AuditEntry[] {
  const outcome = recordedInOrder(audit, expected, "assertRecordedInOrder");
  if (!outcome.pass) throw missing(outcome, assertRecordedInOrder);
  return [...outcome.found];
}

/**
 * Asserts that a log holds no entry with all expected fields: `.not.toHaveRecorded` of
 * {@link auditMatchers} as a function.
 *
 * @param audit - Anything that answers queries at once, such as a `GovernanceAuditLog`.
 * @throws As `assertRecorded` does; `actual` has the first few that were found.
 *
 * @example Nothing was granted
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { assertNotRecorded } from "quorumlog/testing";
 *
 * assertNotRecorded(new GovernanceAuditLog(), { operation: "authorization_granted" });
 * ```
 */
export function assertNotRecorded(audit: AuditReader, expected: EntryExpectation): void {
  const { pass, message, found } = recorded(audit, expected, "assertNotRecorded");
  if (!pass) return;
  const fields = expectedFields(expected, "assertNotRecorded");
  throw new AssertionError({
    message: message(),
    actual: found.slice(0, SHOWN_ENTRIES).map((entry) => sidesOf(fields, entry).actual),
    expected: [],
    operator: assertNotRecorded.name,
    stackStartFn: assertNotRecorded,
  });
}

/** @param caller - Left out of the stack with all above it, so that it starts at the test. */
function missing(
  { message, sides }: Outcome,
  caller: typeof assertRecorded | typeof assertRecordedInOrder,
): AssertionError {
  return new AssertionError({
    message: message(),
    ...sides(),
    operator: caller.name,
    stackStartFn: caller,
  });
}
