import type { AuditEntry } from "../entry/audit-entry.js";
import { AuditError } from "../errors.js";
import type { AuditReader } from "../query/audit-reader.js";

const READER_METHODS = ["entries", "page", "count", "get"] as const;
const PAGE_SIZE = 1000;

/**
 * Every entry that a reader holds, oldest first.
 *
 * @param received - Untrusted.
 * @param name - What the message begins with.
 * @throws `AuditError` `invalid_query` for a value that is no reader.
 */
export function heldEntries(received: unknown, name: string): AuditEntry[] {
  if (!isReader(received))
    throw new AuditError(
      "invalid_query",
      `${name}: received: expected an AuditReader, such as a GovernanceAuditLog; pass the log itself, not its entries`,
      { field: "received" },
    );
  const entries: AuditEntry[] = [];
  let after: number | undefined;
  do {
    const page = received.page({ order: "oldest", limit: PAGE_SIZE, after });
    entries.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return entries;
}

function isReader(value: unknown): value is AuditReader {
  const reader = value as Partial<AuditReader> | null | undefined;
  return READER_METHODS.every((method) => typeof reader?.[method] === "function");
}
