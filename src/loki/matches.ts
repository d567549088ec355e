import type { AuditEntry } from "../entry/audit-entry.js";
import type { ParsedQuery } from "../query/audit-query.js";

/** Whether an entry meets all conditions of a query: what Loki finds is compared again, by what the line says. */
export function matches(entry: AuditEntry, query: ParsedQuery): boolean {
  const { sequence } = entry;
  if (sequence <= query.after || sequence >= query.before) return false;
  if (!query.columns.every(({ column, value }) => entry[column] === value)) return false;
  const millis = Date.parse(entry.timestamp);
  return millis >= query.sinceMillis && millis < query.untilMillis;
}
