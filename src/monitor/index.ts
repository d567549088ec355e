/**
 * A mirror that judges the trail of a log while it grows: {@link governanceMonitor}.
 *
 * @packageDocumentation
 */

export type { AuditMirror } from "../delivery/audit-mirror.js";
export type { Finding } from "../governance/facts/finding.js";
export type { Policy } from "../governance/facts/policy.js";
export type { Rule } from "../governance/facts/rule.js";
export type { GovernanceTrail } from "../governance/trail.js";
export {
  type GovernanceMonitor,
  type GovernanceMonitorOptions,
  governanceMonitor,
  type ViolationLog,
} from "./governance-monitor.js";
