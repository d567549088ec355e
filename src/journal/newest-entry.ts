import type { AuditEntry } from "../entry/audit-entry.js";

/** An entry as memory is refilled with it. */
export interface NewestEntry {
  readonly entry: AuditEntry;
  /** When it happened, in milliseconds since 1970. */
  readonly timestampMillis: number;
  /** Of its canonical line, in UTF-8. */
  readonly bytes: number;
}
