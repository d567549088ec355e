import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { AuditMirror } from "../delivery/audit-mirror.js";
import type { About } from "../entry/about.js";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditEvent } from "../entry/audit-event.js";
import { parseObject } from "../entry/json.js";
import { entryOfLine } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { Finding } from "../governance/facts/finding.js";
import type { Policy } from "../governance/facts/policy.js";
import type { Rule } from "../governance/facts/rule.js";
import { replay } from "../governance/replay.js";
import type { GovernanceTrail } from "../governance/trail.js";
import { arrayOf, callback, optional, readOptions, withDefault } from "../options.js";
import {
  ATTR_GOVERNANCE_LEAF_HASH,
  ATTR_GOVERNANCE_LOG_ID,
  ATTR_GOVERNANCE_SEQUENCE,
  OPERATION_RULE_VIOLATED,
} from "../semconv.js";
import { violationEvent, violationId } from "./violation.js";

/** What violations are recorded in: a `GovernanceAuditLog`. */
export interface ViolationLog {
  log(event: AuditEvent, about?: About): unknown;
}

/** What a monitor judges by, and whom it tells. */
export interface GovernanceMonitorOptions {
  /**
   * The rules of the federation.
   *
   * @defaultValue an empty policy: what a policy would say is not judged
   */
  readonly policy?: Policy | undefined;
  /**
   * Rules of the app, beside those of Quorumlog.
   *
   * @defaultValue none
   */
  readonly rules?: readonly Rule[] | undefined;
  /**
   * Hears of each violation when the entry that completes it has been recorded, before the helper
   * returns. What it throws, or rejects with, goes to `onError` of the log.
   *
   * @defaultValue nobody is told
   */
  readonly onFinding?: ((finding: Finding) => unknown) | undefined;
  /**
   * Gives the log of which the monitor is a mirror. Each violation is then recorded in it, once, as
   * an entry of the operation `rule_violated`.
   *
   * @defaultValue violations are not recorded
   */
  readonly recordIn?: (() => ViolationLog) | undefined;
}

/** A mirror that judges each entry when it has been recorded. */
export interface GovernanceMonitor extends AuditMirror {
  /** Answers from all entries so far. */
  readonly trail: GovernanceTrail;
}

/**
 * Makes a mirror that judges the trail of its log while it grows. A log with a journal gives it the
 * entries that the journal holds when it starts. Their violations are not told again:
 * `trail.findings()` has them. After that, it tells each violation when the entry that completes it
 * has been recorded. What only time brings, such as an overdue decision, is in `trail.findings()`.
 *
 * Nothing that goes wrong here harms the log: it goes to its `onError`, as `delivery_failed`.
 *
 * @throws `AuditError` `invalid_options`; for a policy, with the path of what is wrong.
 *
 * @example Violations raise an alert, and become entries of the log
 * ```ts
 * import { GovernanceAuditLog } from "quorumlog";
 * import { governanceMonitor } from "quorumlog/monitor";
 *
 * const monitor = governanceMonitor({
 *   policy: { participation: "2/3", requiresAuthorization: ["model_invoked"] },
 *   onFinding: ({ severity, rule, message }) => console.error(severity, rule, message),
 *   recordIn: () => audit,
 * });
 * const audit: GovernanceAuditLog = new GovernanceAuditLog({
 *   journal: "governance.db",
 *   mirrors: [monitor],
 * });
 * console.log(monitor.trail.subject("did:pqaid:medical-ai-v2").authorized);
 * ```
 */
export function governanceMonitor(options: GovernanceMonitorOptions = {}): GovernanceMonitor {
  return new Monitor(options);
}

class Monitor implements GovernanceMonitor {
  readonly name = "governanceMonitor";
  readonly trail: GovernanceTrail;
  readonly #onFinding: ((finding: Finding) => unknown) | undefined;
  readonly #recordIn: (() => ViolationLog) | undefined;
  #report: (error: AuditError) => void = () => {};

  constructor(options: GovernanceMonitorOptions) {
    const { policy, rules, onFinding, recordIn } = readOptions<GovernanceMonitorOptions>(options, {
      policy: withDefault({}, (value) => value as Policy),
      rules: withDefault(
        [],
        arrayOf((rule) => rule as Rule),
      ),
      onFinding: optional(callback<(finding: Finding) => unknown>()),
      recordIn: optional(callback<() => ViolationLog>()),
    });
    this.trail = replay([], { policy: policy ?? {}, rules: rules ?? [] });
    this.#onFinding = onFinding;
    this.#recordIn = recordIn;
  }

  reportTo(onError: (error: AuditError) => void): void {
    this.#report = onError;
  }

  useHistory(entries: Iterable<AuditEntry>): void {
    for (const entry of entries) this.trail.feed(entry);
  }

  onEmit({ body, attributes }: Parameters<LogRecordProcessor["onEmit"]>[0]): void {
    const logId = attributes[ATTR_GOVERNANCE_LOG_ID];
    // a checkpoint, or a record of the app, is no entry
    if (attributes[ATTR_GOVERNANCE_SEQUENCE] === undefined || typeof body !== "string") return;
    const members = parseObject(body);
    if (members === undefined) return;
    const entry = entryOfLine(members, String(attributes[ATTR_GOVERNANCE_LEAF_HASH]));
    const findings = this.trail.feed(entry);
    // its own entries belong to the trail, and are not judged
    if ((entry.operation as string) === OPERATION_RULE_VIOLATED) return;
    for (const finding of findings) if (finding.status === "violated") this.#tell(finding, logId);
  }

  #tell(finding: Finding, logId: unknown): void {
    const failed = (what: string, cause: unknown) =>
      this.#report(
        new AuditError("delivery_failed", `${this.name}: ${what} (${finding.rule})`, { cause }),
      );
    try {
      const told = this.#onFinding?.(finding);
      if (told instanceof Promise) told.catch((cause) => failed("onFinding rejected", cause));
    } catch (cause) {
      failed("onFinding threw", cause);
    }
    try {
      this.#recordIn?.().log(violationEvent(finding), { id: violationId(String(logId), finding) });
    } catch (cause) {
      failed("a violation could not be recorded", cause);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
