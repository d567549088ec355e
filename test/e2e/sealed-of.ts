import type { SealedEntry } from "../../src/entry/seal.js";
import { Journal } from "../../src/journal/index.js";

/** All entries of a journal as they were sealed. */
export function sealedOf(path: string): SealedEntry[] {
  const journal = Journal.open(path, { readOnly: true });
  try {
    const lines = [...journal.lines()];
    const entries = journal.entries({ order: "oldest", limit: lines.length });
    return entries.map((entry, index) => ({
      entry,
      line: lines[index] as string,
      timestampMillis: Date.parse(entry.timestamp),
    }));
  } finally {
    journal.close();
  }
}
