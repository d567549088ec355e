import type { EntryReader } from "./entry-reader.js";
import { statOf } from "./journal-file.js";

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

/** What a journal holds whose entries are those of [first, length). */
export function statsOf(
  path: string,
  { first, length }: { readonly first: number; readonly length: number },
  reader: EntryReader,
  mirrors: JournalStats["mirrors"],
): JournalStats {
  return {
    entries: length - first,
    pruned: first,
    bytes: (statOf(path)?.size ?? 0) + (statOf(`${path}-wal`)?.size ?? 0),
    ...(length > first && {
      firstTimestamp: reader.at(first)?.timestamp,
      lastTimestamp: reader.at(length - 1)?.timestamp,
    }),
    mirrors,
  };
}
