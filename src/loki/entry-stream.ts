import { entryOfRecord, type LokiEntry } from "./entry-of-record.js";
import { invalidRecord } from "./failure.js";
import type { LokiRecord } from "./loki-answer.js";
import type { OneLog } from "./one-log.js";

/**
 * The entries of records, each once: delivery is at least once.
 *
 * @param pages - Records in the order of their times, which is that of sequences.
 * @throws `AuditError` `invalid_evidence` for a record that is no entry as it was sealed, two entries of one sequence, and
 * a sequence out of order, since a page would pass over entries. `invalid_options` for a second log.
 */
export async function* entryStream(
  pages: AsyncIterable<readonly LokiRecord[]>,
  newestFirst: boolean,
  log: OneLog,
): AsyncGenerator<LokiEntry, void, undefined> {
  let last: LokiEntry | undefined;
  for await (const records of pages) {
    for (const record of records) {
      const found = entryOfRecord(record);
      log.admit(found.logId);
      if (last !== undefined && isTwice(last, found, newestFirst)) continue;
      last = found;
      yield found;
    }
  }
}

/** Whether it is the entry before once more. Duplicates stand together, since a record keeps its time when it is sent again. */
function isTwice({ entry: last }: LokiEntry, { entry }: LokiEntry, newestFirst: boolean): boolean {
  if (entry.id === last.id && entry.leafHash === last.leafHash) return true;
  if (entry.sequence === last.sequence)
    throw invalidRecord(`there are two entries of sequence ${entry.sequence}`);
  if (entry.sequence < last.sequence !== newestFirst)
    throw invalidRecord(
      `by the times of their records, entry ${entry.sequence} stands behind entry ${last.sequence}`,
    );
  return false;
}
