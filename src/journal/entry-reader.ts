import type { DatabaseSync } from "node:sqlite";
import type { AuditEntry } from "../entry/audit-entry.js";
import type { ParsedQuery } from "../query/audit-query.js";
import { entryFromRow, linesBetween } from "./entry-from-line.js";
import { EntryQueries } from "./entry-queries.js";
import type { EntryTable } from "./entry-table.js";
import type { NewestEntry } from "./newest-entry.js";

/** Lines that are read at a time. */
const LINES = 512;

/** Reads entries, each checked against its leaf hash and the log that it belongs to. */
export class EntryReader {
  readonly #entries: EntryTable;
  readonly #queries: EntryQueries;
  readonly #logId: string;

  /** Of a database that is open. */
  constructor(database: DatabaseSync, entries: EntryTable, logId: string) {
    this.#entries = entries;
    this.#queries = new EntryQueries(database);
    this.#logId = logId;
  }

  /** The entries of a query in its order. */
  select(query: ParsedQuery): AuditEntry[] {
    return this.#queries.select(query).map((row) => entryFromRow(row, this.#logId).entry);
  }

  /** How many entries a query matches, its limit aside. */
  count(query: ParsedQuery): number {
    return this.#queries.count(query);
  }

  /** The entry of a sequence, if it is there. */
  at(sequence: number): AuditEntry | undefined {
    const [row] = this.#entries.rows(sequence, sequence + 1, 1);
    return row && entryFromRow(row, this.#logId).entry;
  }

  /** The entries of [first, end), with what memory needs beside them. */
  between(first: number, end: number): NewestEntry[] {
    return this.#entries.rows(first, end, end - first).map((row) => {
      const { entry, timestampMillis, bytes } = entryFromRow(row, this.#logId);
      return { entry, timestampMillis, bytes };
    });
  }

  /** The lines of [first, end), oldest first; each read goes through `reading`. */
  lines(first: number, end: number, reading: <T>(work: () => T) => T): Iterable<string> {
    return linesBetween(first, end, (next) => reading(() => this.#entries.rows(next, end, LINES)));
  }
}
