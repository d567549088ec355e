import type { Policy } from "../governance/facts/policy.js";
import { conforming } from "./conforming.js";
import type { EntryExpectation } from "./entry-expectation.js";
import { recorded, recordedInOrder } from "./recorded.js";

/** What a matcher answers to the test runner. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The type of {@link auditMatchers}. */
export type AuditMatchers = {
  readonly toHaveRecorded: (received: unknown, expected: EntryExpectation) => MatcherResult;
  readonly toHaveRecordedInOrder: (
    received: unknown,
    expected: readonly EntryExpectation[],
  ) => MatcherResult;
  readonly toConform: (received: unknown, policy?: Policy) => MatcherResult;
};

// The types of `expect`. Each runner has its own interfaces, so the methods are declared in
// each. They are written out and not inherited: an app may have two copies of this package, and the
// compiler merges methods, but refuses two bases that differ.

declare global {
  // What `expect` of vitest 3, 4 and 5 returns has the methods of this interface. Vitest's own
  // interfaces have other type parameters in 5 than before, so no declaration fits them all.
  // biome-ignore lint/style/noNamespace: it is that of @types/chai
  namespace Chai {
    interface Assertion {
      /**
       * Passes if the log holds an entry with all expected fields. Added by {@link auditMatchers}.
       */
      toHaveRecorded(expected: EntryExpectation): void;
      /**
       * Passes if the log holds entries that meet the expectations one after the other, by
       * sequence. Other entries may stand between them. Added by {@link auditMatchers}.
       */
      toHaveRecordedInOrder(expected: readonly EntryExpectation[]): void;
      /**
       * Passes if no entry of the log violates a rule of governance of severity error. Added by
       * {@link auditMatchers}.
       */
      toConform(policy?: Policy): void;
    }
  }
  // `expect` of jest without an import, by @types/jest, whose type parameters must be repeated.
  // biome-ignore lint/style/noNamespace: it is that of @types/jest
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: the default of @types/jest
    interface Matchers<R, T = {}> {
      toHaveRecorded(expected: EntryExpectation): R;
      toHaveRecordedInOrder(expected: readonly EntryExpectation[]): R;
      toConform(policy?: Policy): R;
    }
    interface Expect {
      toHaveRecorded(expected: EntryExpectation): unknown;
      toHaveRecordedInOrder(expected: readonly EntryExpectation[]): unknown;
      toConform(policy?: Policy): unknown;
    }
  }
}

// Where a package is missing, the compiler must pass over the declaration for it. A comment that
// begins with two asterisks stays in the built types.

// biome-ignore lint/suspicious/noTsIgnore: it is an error only where vitest is not installed
/** @ts-ignore */
declare module "vitest" {
  interface AsymmetricMatchersContaining {
    toHaveRecorded(expected: EntryExpectation): unknown;
    toHaveRecordedInOrder(expected: readonly EntryExpectation[]): unknown;
    toConform(policy?: Policy): unknown;
  }
}

// `expect` of @jest/globals has its types from this package.
// biome-ignore lint/suspicious/noTsIgnore: it is an error only where jest is not installed
/** @ts-ignore */
declare module "expect" {
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    toHaveRecorded(expected: EntryExpectation): R;
    toHaveRecordedInOrder(expected: readonly EntryExpectation[]): R;
    toConform(policy?: Policy): R;
  }
  interface AsymmetricMatchers {
    toHaveRecorded(expected: EntryExpectation): unknown;
    toHaveRecordedInOrder(expected: readonly EntryExpectation[]): unknown;
    toConform(policy?: Policy): unknown;
  }
}

/**
 * Matchers for vitest and jest that find entries in an audit log, whatever else is in it, and that
 * judge its trail.
 *
 * They look at every entry that the reader holds, not only at the newest 100. A reader is a
 * `GovernanceAuditLog`, an `AuditLogProcessor`, a `Journal`, or anything else that answers queries
 * at once. They cannot find entries that a bounded log has evicted. When they fail, they show the
 * nearest entries with the fields that differ. They throw `AuditError` `invalid_query`, also under
 * `.not`, for a value that is not a reader and for an expectation that no entry can meet, such as
 * one with a misspelt field.
 *
 * `toConform` judges the trail by the rules of `quorumlog/governance`, and by a policy if one is
 * given. It fails if a rule of severity error is violated, as `quorumlog check` does, and then it
 * lists all violations. A policy can make an error of a warning. What is pending or undetermined
 * does not fail. A policy that cannot be is `invalid_options`, also under `.not`.
 *
 * In a runner that has no `expect.extend`, use `assertRecorded` and `assertConforms`.
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
 *   expect(audit).toConform();
 * });
 * ```
 */
export const auditMatchers: AuditMatchers = {
  toHaveRecorded(received, expected) {
    const { pass, message } = recorded(received, expected, "toHaveRecorded");
    return { pass, message };
  },

  toHaveRecordedInOrder(received, expected) {
    const { pass, message } = recordedInOrder(received, expected, "toHaveRecordedInOrder");
    return { pass, message };
  },

  toConform(received, policy) {
    const { pass, message } = conforming(received, policy, "toConform");
    return { pass, message };
  },
};
