import type { AuditEntry, EntryFields } from "./audit-entry.js";
import type { JsonValue } from "./json.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Texts that may be absent, by their names in a line and of an entry, in the order that a sealed entry has them. */
export const OPTIONAL_TEXTS = [
  ["proposal_id", "proposalId"],
  ["subject_id", "subjectId"],
  ["kind", "kind"],
  ["actor_did", "actorDid"],
  ["decision", "decision"],
  ["recorded_at", "recordedAt"],
  ["trace_id", "traceId"],
  ["span_id", "spanId"],
] as const;

/**
 * The entry that a canonical line is of, deeply frozen as the one that was sealed.
 *
 * @param fields - What JSON reads from the line; whoever does not trust it has looked at its types.
 * @param leafHash - Of the line, hexadecimal.
 */
export function entryOfLine(
  fields: { readonly [name: string]: unknown },
  leafHash: string,
): AuditEntry {
  const entry: Mutable<EntryFields> = {
    sequence: fields["seq"] as number,
    id: fields["id"] as string,
    timestamp: fields["timestamp"] as string,
    operation: fields["operation"] as string,
    details: fields["details"] as EntryFields["details"],
    leafHash,
  };
  for (const [name, field] of OPTIONAL_TEXTS) {
    const value = fields[name];
    if (value !== undefined) entry[field] = value as string;
  }
  freeze(entry.details);
  return Object.freeze(entry) as AuditEntry;
}

function freeze(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) freeze(member);
  Object.freeze(value);
}
