/** What a file can be. An `other export` is one as JSON or CSV, which nothing can verify. */
export type EvidenceKind =
  | "journal"
  | "export"
  | "other export"
  | "bundle"
  | "proof"
  | "report"
  | "checkpoint"
  | "key";

/** The first that matches is taken. */
const KINDS: readonly (readonly [EvidenceKind, RegExp])[] = [
  ["journal", /^SQLite format 3\0/],
  ["proof", /^c2sp\.org\/tlog-proof/],
  // An object that begins with a key of a bundle, which no canonical line has.
  ["bundle", /^\s*\{\s*"(?:format|version|origin|checkpoint|proof|entries)"/],
  // An empty file is not taken for the export of a log without entries: it is more likely what is
  // left of a journal.
  ["export", /^\{/],
  // An array of objects, or an empty one, or the header of CSV. A line of which one bit was turned
  // can begin with a bracket too, and is not an export as JSON.
  ["other export", /^\s*\[\s*[{\]]|^sequence,timestamp,operation,/],
  ["report", /^\s*<!doctype html/i],
  ["checkpoint", /^[^\n]+\n\d+\n[\w+/]{43}=\r?\n/],
  ["key", /^(?:\s*(?:#[^\n]*)?\n)*[^\s+{]+\+[\da-f]{8}\+/],
];

/**
 * What a file is, by its first kilobyte. Undefined for unknown content.
 *
 * @param head - Without a byte order mark. A letter for each byte is enough.
 */
export function evidenceKindOf(head: string): EvidenceKind | undefined {
  return KINDS.find(([, pattern]) => pattern.test(head))?.[0];
}
