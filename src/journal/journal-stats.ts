import type { AuditEntry } from "../entry/audit-entry.js";

/** What became of a mirror's records, counted over the life of the journal. */
export interface JournalMirrorStats {
  readonly delivered: number;
  readonly pending: number;
  /** Those that are listed as rejected. */
  readonly rejected: number;
}

/** What a journal holds. */
export interface JournalStats {
  /** Entries that can be read. */
  readonly entries: number;
  /** Entries of which only the leaf hash is kept. */
  readonly pruned: number;
  /** Size of the file and its write-ahead log. */
  readonly bytes: number;
  /** When the oldest entry held happened, RFC 3339. */
  readonly firstTimestamp?: string | undefined;
  /** When the newest entry held happened, RFC 3339. */
  readonly lastTimestamp?: string | undefined;
  /** One line for each mirror that the journal knows, by its name. */
  readonly mirrors: Readonly<Record<string, JournalMirrorStats>>;
}

/** An entry as memory is refilled with it. */
export interface NewestEntry {
  readonly entry: AuditEntry;
  /** When it happened, in milliseconds since 1970. */
  readonly timestampMillis: number;
  /** Of its canonical line, in UTF-8. */
  readonly bytes: number;
}
