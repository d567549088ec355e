import type { AuditEntry } from "../entry/audit-entry.js";
import { readEntry } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { AuditQuery } from "../query/audit-query.js";
import type { AuditPage } from "../query/audit-reader.js";

/** What gives its entries page by page: a log, a journal, or a `LokiAuditReader`. */
export interface PagedReader {
  page(query: AuditQuery): AuditPage | Promise<AuditPage>;
  /**
   * How many entries are read at most. A `LokiAuditReader` has a bound, since the answers of a Loki
   * may never end.
   *
   * @defaultValue no bound
   */
  readonly maxRecords?: number;
}

/** How many entries are in memory at a time. */
const PAGE = 1000;

/**
 * Gives all entries of a reader, oldest first, for {@link replayFrom}. Entries that are recorded
 * meanwhile may be among them.
 *
 * @throws What the reader throws. `AuditError` `delivery_failed` for more entries than its
 * `maxRecords`, `invalid_evidence` for pages that do not go on.
 *
 * @example From a journal, however many entries it holds
 * ```ts
 * import { entriesOf, replayFrom } from "quorumlog/governance";
 * import { Journal } from "quorumlog/journal";
 *
 * const journal = Journal.open("governance.db", { readOnly: true });
 * const trail = await replayFrom(entriesOf(journal));
 * console.log(trail.standing(), trail.findings());
 * journal.close();
 * ```
 */
export async function* entriesOf(reader: PagedReader): AsyncGenerator<AuditEntry, void, undefined> {
  const most = reader.maxRecords ?? Number.POSITIVE_INFINITY;
  let after: number | undefined;
  let count = 0;
  do {
    const { entries, next } = await reader.page({ order: "oldest", limit: PAGE, after });
    count += entries.length;
    if (count > most) throw tooManyEntries(most);
    yield* entries;
    if (next !== undefined && (entries.length === 0 || next <= (after ?? -1)))
      throw new AuditError(
        "invalid_evidence",
        `reader: the page after ${after ?? "the start"} leads to no later one`,
        { field: "reader" },
      );
    after = next;
  } while (after !== undefined);
}

function tooManyEntries(most: number): AuditError {
  return new AuditError(
    "delivery_failed",
    `the reader has more than ${most} entries; read fewer days (lookbackDays), or raise maxRecords`,
  );
}

/**
 * Gives the entries of an export: of the canonical lines of one log, each without its line end.
 * Empty lines are passed over.
 *
 * @param lines - Untrusted. Whether they are what the log sealed, is a question for `verify`.
 * @throws `AuditError` `invalid_evidence` for a line that is not an entry, or is one of another
 * log than the first.
 *
 * @example From a file
 * ```ts
 * import { open } from "node:fs/promises";
 * import { entriesOfLines, replayFrom } from "quorumlog/governance";
 *
 * await using file = await open("governance.ndjson");
 * const trail = await replayFrom(entriesOfLines(file.readLines()));
 * console.log(trail.findings());
 * ```
 */
export async function* entriesOfLines(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<AuditEntry, void, undefined> {
  let [number, log] = [0, undefined as string | undefined];
  for await (const line of lines) {
    number++;
    if (line === "") continue;
    const read = readEntry(line);
    if (read === undefined) throw invalidLine(number, "it is not an entry as a log writes it");
    log ??= read.log;
    if (read.log !== log) throw invalidLine(number, "it is an entry of another log");
    yield read.entry;
  }
}

function invalidLine(number: number, reason: string): AuditError {
  return new AuditError("invalid_evidence", `line ${number}: ${reason}`, { field: "lines" });
}
