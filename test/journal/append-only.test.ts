import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { append, newPath, openJournal } from "./fixtures.js";

function filled(): DatabaseSync {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, 3);
  journal.close();
  return new DatabaseSync(path);
}

const COLUMNS =
  "timestamp_millis, recorded_nanos, trace_flags, resource, scope, leaf_hash, operation, proposal_id, subject_id, " +
  "kind, actor_did, decision, line";

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
      `REPLACE INTO entry (sequence, ${COLUMNS}) SELECT 0, ${COLUMNS} FROM entry WHERE sequence = 2`,
    ],
    [
      "an upsert",
      "INSERT INTO entry SELECT * FROM entry WHERE sequence = 1 ON CONFLICT DO UPDATE SET kind = 'x'",
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
      "INSERT INTO pruning VALUES (2, 0, 0, '', ''); DELETE FROM entry WHERE sequence < 2",
    ],
  ])("refuses %s", (_, sql) => {
    const database = filled();
    try {
      expect(() => database.exec(sql)).toThrow(/append-only/);
      expect(database.prepare("SELECT count(*) AS n FROM entry WHERE actor_did = 'did:a'").get()).toEqual({
        n: 3,
      });
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
