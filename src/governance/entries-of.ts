import type { AuditEntry } from "../entry/audit-entry.js";
import { readEntry } from "../entry/line.js";
import { AuditError } from "../errors.js";
import type { AuditQuery } from "../query/audit-query.js";
import type { AuditPage } from "../query/audit-reader.js";

/** What gives its entries page by page: a log, a journal, or a `LokiAuditReader`. */
export interface PagedReader {
  page(query: AuditQuery): AuditPage | Promise<AuditPage>;
}

/** How many entries are in memory at a time. */
const PAGE = 1000;

/**
 * Gives all entries of a reader, oldest first, for {@link replayFrom}. Throws what the reader
 * throws. Entries that are recorded meanwhile may be among them.
 *
 * Over Loki, whose answers may never end, give {@link entriesOfLines} the `lines()` of its reader
 * instead: they end at its `maxRecords`.
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
  let after: number | undefined;
  do {
    const { entries, next } = await reader.page({ order: "oldest", limit: PAGE, after });
    yield* entries;
    after = next;
  } while (after !== undefined);
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
