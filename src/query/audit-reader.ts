import type { AuditEntry } from "../entry/audit-entry.js";
import type { AuditPage } from "./audit-page.js";
import type { AuditQuery } from "./audit-query.js";

/** Answers queries over a log; the same question gets the same answer from every reader of the same entries. */
export interface AuditReader {
  /** The entries of a query, newest first unless it says otherwise, at most its limit. Throws `invalid_query`. */
  entries(query?: AuditQuery): AuditEntry[];
  /** The same with the cursor of the next page. Throws `invalid_query`. */
  page(query?: AuditQuery): AuditPage;
  /** How many entries a query matches, its limit aside. Throws `invalid_query`. */
  count(query?: Omit<AuditQuery, "limit">): number;
  /** The entry of a sequence, where the reader holds it. */
  get(sequence: number): AuditEntry | undefined;
  /** The canonical lines of all entries held, oldest first, without line ends. */
  lines(): Iterable<string>;
}
