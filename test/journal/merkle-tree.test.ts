import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { CompactRange } from "../../src/integrity/compact-range.js";
import { consistencyProof, inclusionProof } from "../../src/integrity/merkle-proofs.js";
import { verifyConsistency, verifyInclusion } from "../../src/integrity/verify-proofs.js";
import { EntryTable } from "../../src/journal/entry-table.js";
import type { JournalRow } from "../../src/journal/index.js";
import { MIGRATIONS } from "../../src/journal/schema.js";
import { append, newPath, openJournal, rowOf, thrownBy } from "../fixtures/journal.js";

const ENTRIES = 66_000; // more than 2^16, so that subtrees of four stored heights are there
const leafOf = (row: JournalRow) => Buffer.from(row.entry.leafHash, "hex");

/** The tree of a journal as another connection finds it. */
function treeOf(path: string): EntryTable["tree"] {
  return new EntryTable(new DatabaseSync(path, { readOnly: true })).tree;
}

describe("the tree of a journal", () => {
  test("has the roots of the naive tree at every size, and proofs that verify, over several stored levels", () => {
    const path = newPath();
    const journal = openJournal(path);
    const rows = Array.from({ length: ENTRIES }, (_, sequence) => rowOf(sequence));
    journal.append(...rows.slice(0, 1));
    for (let first = 1; first < ENTRIES; first += 7001)
      journal.append(...rows.slice(first, first + 7001));
    const tree = treeOf(path);
    const sizes = [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, 65_792, ENTRIES];
    const roots = new Map<number, Uint8Array>();
    let range = CompactRange.EMPTY;
    for (const row of rows) {
      range = range.append(leafOf(row));
      if (sizes.includes(range.size)) roots.set(range.size, range.root());
    }
    for (const size of sizes) {
      const root = roots.get(size) as Uint8Array;
      expect(Buffer.from(tree.rootAt(size)).equals(root)).toBe(true);
      for (const index of new Set([0, size >>> 1, size - 1])) {
        const proof = inclusionProof(index, size, tree.subtree);
        const leafHash = leafOf(rows[index] as JournalRow);
        expect(verifyInclusion({ index, size, leafHash, proof, root })).toBe(true);
      }
      for (const first of sizes.filter((other) => other <= size)) {
        const proof = consistencyProof(first, size, tree.subtree);
        const firstRoot = roots.get(first) as Uint8Array;
        expect(verifyConsistency({ first, second: size, firstRoot, secondRoot: root, proof })).toBe(
          true,
        );
      }
    }
  });

  test("goes on after a restart at any size", () => {
    const path = newPath();
    const rows = Array.from({ length: 520 }, (_, sequence) => rowOf(sequence));
    let range = CompactRange.EMPTY;
    for (let first = 0; first < rows.length; first += 52) {
      const journal = openJournal(path);
      journal.append(...rows.slice(first, first + 52));
      journal.close();
      for (const row of rows.slice(first, first + 52)) range = range.append(leafOf(row));
      expect(Buffer.from(treeOf(path).rootAt(first + 52)).equals(range.root())).toBe(true);
    }
  });

  test("is not changed by an append that fails", () => {
    const path = newPath();
    const journal = openJournal(path);
    append(journal, 255);
    const last = rowOf(255);
    const poison = { ...last, line: undefined as never };
    expect(thrownBy(() => journal.append(poison)).code).toBe("journal_failed");
    journal.append(last);
    const leaves = Array.from(journal.lines(), (line) => line);
    expect(leaves).toHaveLength(256);
    const rows = new DatabaseSync(path, { readOnly: true })
      .prepare("SELECT height, number FROM subtree")
      .all();
    expect(rows).toHaveLength(17);
    expect(Buffer.from(treeOf(path).rootAt(256)).equals(treeOf(path).subtree(0, 8))).toBe(true);
  });

  test("is there over pruned entries too", () => {
    const path = newPath();
    const journal = openJournal(path, { minimumRetentionDays: 0 });
    append(journal, 300);
    const before = treeOf(path).rootAt(300);
    journal.prune({ olderThan: new Date(rowOf(280).timestampMillis) });
    expect(treeOf(path).rootAt(300)).toEqual(before);
    expect(treeOf(path).rootAt(3)).toHaveLength(32);
  });
});

test("a journal of schema version 1 is brought up to date: its tree is made, its outbox goes on", () => {
  const path = newPath();
  const database = new DatabaseSync(path);
  database.exec(MIGRATIONS[0] as string);
  database.exec(
    "PRAGMA application_id = 0x716c6f67; PRAGMA user_version = 1; PRAGMA journal_mode = WAL",
  );
  database.exec(
    "INSERT INTO log (only, log_id, created_at) VALUES (0, 'quorumlog', '2026-01-01T00:00:00Z')",
  );
  database.exec(`INSERT INTO outbox (mirror, next, delivered, since) VALUES ('otlp', 290, 289, '2026-01-01T00:00:00Z');
    INSERT INTO rejected (mirror, sequence, reason, at) VALUES ('otlp', 17, 'HTTP 400', '2026-01-01T00:00:00Z');
    INSERT INTO context (id, kind, json) VALUES (1, 'resource', '{"attributes":{}}'), (2, 'scope', '{"name":"x"}')`);
  const insert = database.prepare(
    `INSERT INTO entry (sequence, timestamp_millis, recorded_nanos, resource, scope, leaf_hash, operation, proposal_id,
      actor_did, line) VALUES (?, ?, ?, 1, 2, ?, 'vote_cast', 'p1', 'did:a', ?)`,
  );
  const rows = Array.from({ length: 300 }, (_, sequence) => rowOf(sequence));
  for (const row of rows)
    insert.run(
      row.entry.sequence,
      row.timestampMillis,
      row.entry.sequence,
      leafOf(row),
      Buffer.from(row.line),
    );
  database.close();
  expect(thrownBy(() => openJournal(path, { readOnly: true })).message).toMatch(
    /older version; open it for writing/,
  );
  const journal = openJournal(path);
  expect(journal.entries({ limit: 1000, order: "oldest" })).toEqual(rows.map(({ entry }) => entry));
  expect(journal.rejected()).toMatchObject([{ mirror: "otlp", sequence: 17, reason: "HTTP 400" }]);
  expect(journal.resend("otlp")).toBe(1);
  expect(journal.outbox("otlp").size).toBe(11);
  append(journal, 1);
  let range = CompactRange.EMPTY;
  for (const { leafHash } of journal.entries({ limit: 1000, order: "oldest" }))
    range = range.append(Buffer.from(leafHash, "hex"));
  expect(Buffer.from(treeOf(path).rootAt(301)).equals(range.root())).toBe(true);
});
