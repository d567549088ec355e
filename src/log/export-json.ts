import type { AuditEntry } from "../entry/audit-entry.js";

/**
 * The entries as one JSON array with the eight keys of the reference implementation's export, `null` where absent,
 * indented by two spaces.
 */
export function exportJson(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => ({
    timestamp: entry.timestamp,
    operation: entry.operation,
    proposal_id: entry.proposalId ?? null,
    subject_id: entry.subjectId ?? null,
    kind: entry.kind ?? null,
    actor_did: entry.actorDid ?? null,
    decision: entry.decision ?? null,
    details: entry.details,
  }));
  return JSON.stringify(rows, null, 2);
}
