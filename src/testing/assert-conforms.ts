import { AssertionError } from "node:assert";
import type { Policy } from "../governance/facts/policy.js";
import type { AuditReader } from "../query/audit-reader.js";
import { conforming } from "./conforming.js";

/**
 * Asserts that no entry of a log violates a rule of governance of severity error: `toConform` of
 * {@link auditMatchers} for `node:test`, mocha and every other runner.
 *
 * @param audit - Anything that answers queries at once, such as a `GovernanceAuditLog`.
 * @param policy - Without one, what a policy would say is not judged. It can give each rule the
 * severity `error`, or turn it off.
 * @throws `AssertionError` of `node:assert`, with the message of the matcher; `actual` has all
 * violations, those of other severities too. `AuditError` `invalid_query` for a value that is not a
 * reader, `invalid_options` for a policy that cannot be.
 *
 * @example With node:test
 * ```ts
 * import { test } from "node:test";
 * import { GovernanceAuditLog } from "quorumlog";
 * import { assertConforms } from "quorumlog/testing";
 *
 * test("nothing is granted without a decision", () => {
 *   const audit = new GovernanceAuditLog();
 *   audit.logNodeAdded({ did: "did:pqaid:eve", name: "eve", weight: 1 });
 *   assertConforms(audit, { approval: { share: "2/3", of: "total" } });
 * });
 * ```
 */
export function assertConforms(audit: AuditReader, policy?: Policy): void {
  const { pass, violations, message } = conforming(audit, policy, "assertConforms");
  if (pass) return;
  throw new AssertionError({
    message: message(),
    actual: violations,
    expected: [],
    operator: assertConforms.name,
    stackStartFn: assertConforms,
  });
}
