import type { DatabaseSync } from "node:sqlite";
import { journalFailed, notInserted } from "../file/sqlite.js";
import type { JournalRow } from "./entry-table.js";

/** What a journal knows of an id that a caller gave. */
export interface GivenId {
  readonly sequence: number;
  /** The details that the option `about` added to the call. */
  readonly ofOption: readonly string[];
}

/** Looks the ids up that callers gave to their entries, and writes them beside the entries. */
export class GivenIds {
  readonly #database: DatabaseSync;

  /** The table `given_id` of a database that is open. Prepares nothing: most logs never use it. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws `journal_failed` when the row cannot be read. */
  find(id: string): GivenId | undefined {
    const row = this.#database
      .prepare("SELECT sequence, of_option AS ofOption FROM given_id WHERE id = ?")
      .get(id);
    if (row === undefined) return undefined;
    try {
      const ofOption = JSON.parse(String(row["ofOption"]));
      if (Array.isArray(ofOption)) return { sequence: Number(row["sequence"]), ofOption };
    } catch {
      // as below
    }
    throw journalFailed(`its row of the id ${id} was altered; verify it (quorumlog verify)`);
  }

  /** Writes the ids of new entries, in the transaction of the entries. */
  add(rows: readonly JournalRow[]): void {
    const insert = this.#database.prepare(
      "INSERT INTO given_id (sequence, id, of_option) VALUES (?, ?, ?)",
    );
    for (const { entry, ofOption } of rows) {
      if (ofOption === undefined) continue;
      const { changes } = insert.run(entry.sequence, entry.id, JSON.stringify(ofOption));
      if (changes !== 1) throw notInserted("given_id");
    }
  }
}
