import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import {
  append,
  newPath,
  openJournal,
  prunable,
  prunedJournal,
  pruneUnsealed,
  START,
} from "../../fixtures/journal.js";
import { keys, NAME } from "../../fixtures/signed-log.js";

function filled(): DatabaseSync {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, 3);
  journal.close();
  return new DatabaseSync(path);
}

const pruned = (): DatabaseSync => new DatabaseSync(prunedJournal());

const GUARDED = ["log", "context", "entry", "pruning", "pruned_leaf"];

/** All rows that must stay as they are. */
function rowsOf(database: DatabaseSync): unknown[] {
  return GUARDED.map((table) => {
    const statement = database.prepare(`SELECT * FROM ${table}`);
    statement.setReadBigInts(true); // nanoseconds
    return statement.all();
  });
}

const COLUMNS =
  "timestamp_millis, recorded_nanos, trace_flags, resource, scope, leaf_hash, operation, " +
  "proposal_id, subject_id, kind, actor_did, decision, line";

describe("the file of a journal in the hands of any SQLite program", () => {
  test.each([
    ["an update of an entry", "UPDATE entry SET actor_did = 'mallory' WHERE sequence = 1"],
    ["an update that replaces", "UPDATE OR REPLACE entry SET sequence = 0 WHERE sequence = 1"],
    ["deleting an entry", "DELETE FROM entry WHERE sequence = 2"],
    ["deleting all entries", "DELETE FROM entry"],
    ["a second entry of a sequence", `INSERT INTO entry SELECT * FROM entry WHERE sequence = 1`],
    ["replacing an entry", `INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE sequence = 1`],
    [
      "ignoring the conflict",
      `REPLACE INTO entry (sequence, ${COLUMNS})
       SELECT 0, ${COLUMNS} FROM entry WHERE sequence = 2`,
    ],
    [
      "an upsert",
      `INSERT INTO entry SELECT * FROM entry WHERE sequence = 1
       ON CONFLICT DO UPDATE SET kind = 'x'`,
    ],
    [
      "a hole in the sequence",
      `INSERT INTO entry (sequence, ${COLUMNS}) SELECT 7, ${COLUMNS} FROM entry WHERE sequence = 2`,
    ],
    [
      "an entry without a sequence",
      `INSERT INTO entry (${COLUMNS}) SELECT ${COLUMNS} FROM entry WHERE sequence = 2`,
    ],
    ["another log id", "UPDATE log SET log_id = 'other'"],
    ["no log id", "DELETE FROM log"],
    [
      "deleting behind a pruning that kept no leaf hashes",
      `DROP TRIGGER pruning_insert; INSERT INTO pruning VALUES (2, 0, 0, '', '');
       DELETE FROM entry`,
    ],
  ])("refuses %s", (_, sql) => {
    const database = filled();
    try {
      expect(() => database.exec(sql)).toThrow(/append-only/);
      expect(
        database.prepare("SELECT count(*) AS n FROM entry WHERE actor_did = 'did:a'").get(),
      ).toEqual({
        n: 3,
      });
    } finally {
      database.close();
    }
  });

  test.each([
    [
      "replacing the log id",
      "INSERT OR REPLACE INTO log VALUES (0, 'evil', '2020-01-01T00:00:00Z')",
    ],
    [
      "an upsert of the log id",
      "INSERT INTO log VALUES (0, 'evil', '') ON CONFLICT DO UPDATE SET log_id = 'evil'",
    ],
    ["replacing a kept leaf hash", "REPLACE INTO pruned_leaf VALUES (1, zeroblob(32))"],
    ["a kept leaf hash with a hole before it", "INSERT INTO pruned_leaf VALUES (9, zeroblob(32))"],
    [
      "a kept leaf hash without a sequence",
      "INSERT INTO pruned_leaf (leaf_hash) VALUES (zeroblob(32))",
    ],
    ["a kept leaf hash that its entry has not", "INSERT INTO pruned_leaf VALUES (2, zeroblob(32))"],
    [
      "a kept leaf hash of an entry that never was",
      `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry ORDER BY sequence;
       INSERT INTO pruned_leaf VALUES (5, zeroblob(32))`,
    ],
    ["changing a kept leaf hash", "UPDATE pruned_leaf SET leaf_hash = zeroblob(32)"],
    ["deleting a kept leaf hash", "DELETE FROM pruned_leaf"],
    [
      "replacing the record of a pruning",
      `REPLACE INTO pruning
       SELECT pruned_before, first, recorded_nanos, '1999', '1999' FROM pruning`,
    ],
    ["the record of a pruning before the last one", "INSERT INTO pruning VALUES (1, 0, 0, '', '')"],
    [
      "the record of a pruning that kept no leaf hashes",
      "INSERT INTO pruning VALUES (4, 2, 0, '', '')",
    ],
    [
      "the record of a pruning that does not go on from the last one",
      `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry WHERE sequence = 2;
       INSERT INTO pruning VALUES (3, 0, 0, '', '')`,
    ],
    ["changing the record of a pruning", "UPDATE pruning SET at = ''"],
    ["deleting the record of a pruning", "DELETE FROM pruning"],
    ["replacing a resource", `REPLACE INTO context VALUES (1, 'resource', '{"attributes":{}}')`],
    ["making another of a resource", "UPDATE context SET kind = 'scope'"],
    ["deleting a resource", "DELETE FROM context"],
  ])("refuses %s", (_, sql) => {
    const database = pruned();
    try {
      const before = rowsOf(database);
      expect(() => database.exec(`BEGIN; ${sql}`)).toThrow(/append-only/);
      database.exec("ROLLBACK");
      expect(rowsOf(database)).toEqual(before);
    } finally {
      database.close();
    }
  });

  test("has no table of the log's history that an INSERT OR REPLACE can change", () => {
    const database = pruned();
    try {
      for (const table of GUARDED)
        expect(() => database.exec(`REPLACE INTO ${table} SELECT * FROM ${table}`), table).toThrow(
          /append-only/,
        );
    } finally {
      database.close();
    }
  });

  test("shows the entries in a view with named columns", () => {
    const path = newPath();
    const journal = openJournal(path);
    const [row] = append(journal, 1, () => ({
      details: { vote_id: "v1" },
      decision: "approve",
      timestamp: new Date(7),
    }));
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      expect({ ...database.prepare("SELECT * FROM audit").get() }).toEqual({
        sequence: 0,
        timestamp: "1970-01-01T00:00:00.007Z",
        recorded_at: "2026-04-14T12:00:00.000Z",
        operation: "vote_cast",
        proposal_id: "p1",
        subject_id: null,
        kind: null,
        actor_did: "did:a",
        decision: "approve",
        details: '{"vote_id":"v1"}',
        id: row?.entry.id,
        trace_id: null,
        span_id: null,
        leaf_hash: row?.entry.leafHash,
        line: row?.line,
      });
    } finally {
      database.close();
    }
  });
});

test("the postings change only when a block gets its own, and when its entries are pruned", () => {
  const path = newPath();
  const journal = prunable(path);
  append(journal, 1030);
  const database = new DatabaseSync(path);
  try {
    for (const sql of [
      "DELETE FROM posting",
      "UPDATE posting SET places = ''",
      "INSERT OR REPLACE INTO posting SELECT * FROM posting",
      "INSERT INTO posting VALUES ('kind', 'k', 1, '00001')",
    ])
      expect(() => database.exec(sql), sql).toThrow(/append-only/);
    const blocks = () => database.prepare("SELECT DISTINCT block FROM posting").all();
    expect(blocks()).toMatchObject([{ block: 0 }]);
    pruneUnsealed(journal, { olderThan: new Date(START + 1_020_000) });
    expect(blocks()).toMatchObject([{ block: 0 }]);
    expect(journal.count({ actorDid: "did:a" })).toBe(10);
    pruneUnsealed(journal, { olderThan: new Date(START + 1_024_000) });
    expect(blocks()).toEqual([]);
    expect(journal.count({ actorDid: "did:a" })).toBe(6);
  } finally {
    database.close();
  }
});

test("the tables of checkpoints and subtrees are append-only too", async () => {
  const path = newPath();
  const journal = openJournal(path, { logId: NAME });
  append(journal, 256);
  await journal.checkpoint({ keys });
  journal.close();
  const database = new DatabaseSync(path);
  for (const table of ["checkpoint", "subtree"]) {
    expect(() => database.exec(`DELETE FROM ${table}`)).toThrow(/append-only/);
    expect(() => database.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow(
      /append-only/,
    );
  }
  expect(() => database.exec("UPDATE checkpoint SET note = ''")).toThrow(/append-only/);
  expect(() => database.exec("UPDATE subtree SET root = zeroblob(32)")).toThrow(/append-only/);
  database.close();
});
