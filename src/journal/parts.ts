import { EntryQueries } from "./entries/entry-queries.js";
import { EntryTable } from "./entries/entry-table.js";
import { GivenIds } from "./entries/given-ids.js";
import type { Connection } from "./file/connection.js";
import { emptyJournal } from "./file/schema-check.js";
import { Deliverables } from "./outbox/deliverables.js";
import { Outboxes } from "./outbox/outboxes.js";
import { CheckpointSigner } from "./tree/checkpoint-signer.js";
import { CheckpointTable } from "./tree/checkpoint-table.js";
import { MerkleTree } from "./tree/merkle-tree.js";

/** What an open journal is made of, from its inner rooms. */
export interface JournalParts {
  readonly file: Connection;
  readonly entries: EntryTable;
  readonly givenIds: GivenIds;
  readonly queries: EntryQueries;
  readonly tree: MerkleTree;
  readonly checkpoints: CheckpointTable;
  readonly signer: CheckpointSigner;
  readonly outboxes: Outboxes;
}

/**
 * Makes the parts of a journal.
 *
 * @param length - How many entries it has had.
 */
export function partsOf(file: Connection, length: () => number): JournalParts {
  const { logId } = file;
  // Of a file whose tables are not a journal's, only the evidence is read. All else is refused.
  const database = file.isReadable ? file.database : emptyJournal();
  const entries = new EntryTable(database, logId);
  const tree = new MerkleTree(database);
  const checkpoints = new CheckpointTable(database, entries.contexts, logId);
  const deliverables = new Deliverables({ logId, entries, checkpoints, length });
  const outboxes = new Outboxes(database, deliverables, () => file.isKept);
  const stored = (position: number) => outboxes.addCheckpoint(position);
  const signer = new CheckpointSigner({ file, entries, tree, checkpoints, stored });
  const queries = new EntryQueries(database, logId);
  const givenIds = new GivenIds(database);
  return { file, entries, givenIds, queries, tree, checkpoints, signer, outboxes };
}
