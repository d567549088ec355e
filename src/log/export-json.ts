import type { AuditEntry } from "../entry/audit-entry.js";
import { COLUMNS } from "../entry/columns.js";

/**
 * The entries as one JSON array with the eight keys of the reference implementation's export, `null` where absent,
 * indented by two spaces.
 */
export function exportJson(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => ({
    timestamp: entry.timestamp,
    ...Object.fromEntries(COLUMNS.map(({ name, key }) => [key, entry[name] ?? null])),
    details: entry.details,
  }));
  return JSON.stringify(rows, null, 2);
}
