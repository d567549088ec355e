import { bySeverity, type Finding } from "../governance/facts/finding.js";
import type { Policy } from "../governance/facts/policy.js";
import { replay } from "../governance/replay.js";
import { visible } from "../text/safe-text.js";
import { holding } from "./failure-message.js";
import { entriesIn } from "./recorded.js";

/** Whether the trail of a log keeps the rules. */
export interface Conformity {
  readonly pass: boolean;
  /** What breaks a rule, in the order of the entries: errors, warnings and infos. */
  readonly violations: readonly Finding[];
  /** What to say if the test wanted the opposite. */
  readonly message: () => string;
}

/** How many findings a message shows. */
const SHOWN = 20;

/**
 * Judges the trail of a log. It conforms if no rule of severity error is violated, as `quorumlog
 * check` says it.
 *
 * @param received - Untrusted, and so is `policy`.
 * @param name - The beginning of the message of an error.
 * @throws `AuditError` `invalid_query` for a value that is not a reader, `invalid_options` for a
 * policy that cannot be.
 */
export function conforming(received: unknown, policy: unknown, name: string): Conformity {
  const entries = entriesIn(received, name);
  const trail = replay(entries, policy === undefined ? {} : { policy: policy as Policy });
  const violations = trail.findings().filter(({ status }) => status === "violated");
  const pass = !violations.some(({ severity }) => severity === "error");
  const lines = (): string[] => [
    `expected the trail ${pass ? "" : "not "}to break a rule of severity error`,
    violations.length === 0
      ? `but ${holding(entries)} break none`
      : `but of ${holding(entries)}, these are the violations:`,
    ...bySeverity(violations).slice(0, SHOWN).map(findingLine),
    ...(violations.length > SHOWN ? [`  and ${violations.length - SHOWN} more`] : []),
  ];
  return { pass, violations, message: () => lines().join("\n") };
}

function findingLine({ rule, severity, sequences, message }: Finding): string {
  const entries = sequences.map((sequence) => `#${sequence}`).join(" ");
  return visible(`  ${severity} ${rule}, ${entries}: ${message}`);
}
