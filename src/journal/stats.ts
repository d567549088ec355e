import type { EntryTable } from "./entries/entry-table.js";
import { bytesOf } from "./file/sqlite.js";
import type { JournalMirrorStats, Outboxes } from "./outbox/outboxes.js";

/** What a journal holds. */
export interface JournalStats {
  /** How many entries can be read. */
  readonly entries: number;
  /** How many entries were pruned, so that only their leaf hashes are kept. */
  readonly pruned: number;
  /** The size of the file and its write-ahead log. */
  readonly bytes: number;
  /** When the oldest entry that can be read happened, RFC 3339. */
  readonly firstTimestamp?: string | undefined;
  /** When the newest entry that can be read happened, RFC 3339. */
  readonly lastTimestamp?: string | undefined;
  /** Each mirror that the journal knows, by its name. */
  readonly mirrors: Readonly<Record<string, JournalMirrorStats>>;
}

/** Says what a journal holds that has had `length` entries. Throws what SQLite throws. */
export function statsOf(
  path: string,
  length: number,
  { entries, outboxes }: { readonly entries: EntryTable; readonly outboxes: Outboxes },
): JournalStats {
  const first = entries.prunedBefore();
  return {
    entries: length - first,
    pruned: first,
    bytes: bytesOf(path) + bytesOf(`${path}-wal`),
    ...(length > first && {
      firstTimestamp: entries.at(first)?.timestamp,
      lastTimestamp: entries.at(length - 1)?.timestamp,
    }),
    mirrors: outboxes.stats(),
  };
}
