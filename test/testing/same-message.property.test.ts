import { AssertionError } from "node:assert";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AuditEvent, GovernanceAuditLog } from "../../src/index.js";
import {
  assertNotRecorded,
  assertRecorded,
  assertRecordedInOrder,
  auditMatchers,
  type EntryExpectation,
} from "../../src/testing/index.js";
import { events } from "../fixtures/arbitrary-log.js";

expect.extend(auditMatchers);

/** What a matcher or a function says, or undefined if it passes. */
function saidBy(assertion: () => unknown): string | undefined {
  try {
    assertion();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
  return undefined;
}

/** An expectation that some event meets, or almost meets. */
const expectation: fc.Arbitrary<EntryExpectation> = fc
  .tuple(events, fc.subarray(["operation", "actorDid", "kind", "decision", "details"] as const))
  .map(([event, fields]) => Object.fromEntries(fields.map((field) => [field, event[field]])));

function logOf(recorded: readonly AuditEvent[]): GovernanceAuditLog {
  const audit = new GovernanceAuditLog();
  for (const event of recorded) audit.log(event);
  return audit;
}

test("a function and its matcher pass and fail together, with one message", () => {
  fc.assert(
    fc.property(
      fc.array(events, { maxLength: 6 }),
      fc.array(expectation, { minLength: 1, maxLength: 3 }),
      (recorded, expectations) => {
        const audit = logOf(recorded);
        const [first = {}] = expectations;
        const wanted = saidBy(() => assertRecorded(audit, first));
        expect(wanted).toBe(saidBy(() => expect(audit).toHaveRecorded(first)));
        const unwanted = saidBy(() => assertNotRecorded(audit, first));
        expect(unwanted).toBe(saidBy(() => expect(audit).not.toHaveRecorded(first)));
        expect([wanted, unwanted].filter((message) => message === undefined)).toHaveLength(1);
        expect(saidBy(() => assertRecordedInOrder(audit, expectations))).toBe(
          saidBy(() => expect(audit).toHaveRecordedInOrder(expectations)),
        );
      },
    ),
  );
});

test("the two sides of a failure differ, and those of an entry that meets it do not", () => {
  fc.assert(
    fc.property(
      fc.array(events, { minLength: 1, maxLength: 4 }),
      expectation,
      (recorded, first) => {
        const audit = logOf(recorded);
        try {
          assertRecorded(audit, first);
        } catch (error) {
          if (!(error instanceof AssertionError)) throw error;
          expect(error.actual).not.toStrictEqual(error.expected);
          return;
        }
        expect(() => assertNotRecorded(audit, first)).toThrow(AssertionError);
      },
    ),
  );
});
