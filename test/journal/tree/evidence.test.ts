import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { generateKeys } from "../../../src/integrity/keys/key-generation.js";
import { signingKeyOf } from "../../../src/integrity/keys/signing-key.js";
import { SecondReader } from "../../../src/journal/file/second-reader.js";
import type { Journal } from "../../../src/journal/index.js";
import { openJournal as openFile } from "../../../src/journal/opening.js";
import { resolveJournalOptions } from "../../../src/journal/options.js";
import { PostingSums, sumsOfPostings } from "../../../src/journal/tree/posting-sums.js";
import { ndjsonSource, type VerificationReport, verify } from "../../../src/verify/index.js";
import { jsonObject } from "../../fixtures/arbitrary-json.js";
import {
  append,
  newPath,
  openJournal,
  prunable,
  pruneUnsealed,
  rowOf,
  tamper,
} from "../../fixtures/journal.js";
import { runs } from "../../fixtures/long-runs.js";
import { keys, NAME, vkey } from "../../fixtures/signed-log.js";

let folder: string;
let original: string;
/** The same with a whole block. */
let wide: string;
let last: string;

const EDITED = "CAST(replace(CAST(line AS TEXT), 'did:a', 'did:b') AS BLOB)";

/** 200 votes with a checkpoint every 50. */
async function filled(path: string, count = 200): Promise<Journal> {
  const journal = prunable(path, { logId: NAME });
  for (let done = 0; done < count; done += 50) {
    append(journal, 50, (sequence) => ({
      proposalId: sequence % 3 === 0 ? undefined : `p${sequence % 5}`,
      subjectId: sequence % 4 === 0 ? `did:model:${sequence}` : undefined,
      kind: sequence % 7 === 0 ? "authorize-model" : undefined,
      decision: sequence % 2 === 0 ? "approve" : undefined,
      details: { log: "x", kind: "y", nested: { subject_id: "z" } },
    }));
    await journal.checkpoint({ keys });
  }
  return journal;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-")); // those of the fixtures end with a test
  original = join(folder, "copy.db");
  const journal = await filled(join(folder, "original.db"));
  last = journal.newestCheckpoint()?.note ?? "";
  await journal.backup(original);
  journal.close();
  wide = join(mkdtempSync(join(folder, "wide-")), "wide.db"); // one name, one journal in a folder
  (await filled(wide, 1050)).close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the journal that somebody has edited behind the triggers' back. */
async function tampered(sql: string, trustedCheckpoint = last): Promise<VerificationReport> {
  const path = newPath();
  cpSync(original, path);
  tamper(path, sql);
  return verify(openJournal(path, { readOnly: true }).evidence(), {
    keys: [vkey],
    trustedCheckpoint,
  });
}

const placesOf = ({ problems }: VerificationReport) =>
  problems.map(({ code, sequence }) => [code, sequence]);

describe("the evidence of a journal", () => {
  test("verifies, up to its newest checkpoint", async () => {
    const report = await tampered("");
    expect(report).toMatchObject({
      verified: true,
      integrity: "verified",
      completeness: "verified",
      authenticity: "verified",
      entries: 200,
      covered: 200,
      checkpointCount: 4,
    });
  });

  test("verifies when a prefix was pruned, and says so", async () => {
    const journal = await filled(newPath());
    pruneUnsealed(journal, { olderThan: new Date(rowOf(120).timestampMillis) });
    const report = await verify(journal.evidence(), { keys: [vkey], acceptPruned: 120 });
    expect(report).toMatchObject({ verified: true, pruned: 120, entries: 80, covered: 80 });
    const unasked = await verify(journal.evidence(), { keys: [vkey] });
    expect(unasked).toMatchObject({ completeness: "failed", problemCount: 1 });
  });

  test("shows that the record of a pruning was deleted", async () => {
    const path = newPath();
    const journal = await filled(path);
    pruneUnsealed(journal, { olderThan: new Date(rowOf(120).timestampMillis) });
    journal.close();
    tamper(path, "DELETE FROM pruning");
    const evidence = openJournal(path, { readOnly: true }).evidence();
    const report = await verify(evidence, { keys: [vkey], acceptPruned: 120 });
    expect(report).toMatchObject({ verified: false, integrity: "failed" });
  });

  test("verifies while somebody appends", async () => {
    const path = newPath();
    const journal = await filled(path);
    const source = openJournal(path, { readOnly: true }).evidence();
    append(journal, 5);
    await journal.checkpoint({ keys });
    expect(await verify(source, { keys: [vkey] })).toMatchObject({ verified: true, entries: 200 });
  });

  test.each([
    ["a line", `UPDATE entry SET line = ${EDITED} WHERE sequence = 77`, ["leaf_hash_mismatch", 77]],
    [
      "a leaf hash",
      "UPDATE entry SET leaf_hash = zeroblob(32) WHERE sequence = 77",
      ["leaf_hash_mismatch", 77],
    ],
    ["a column", "UPDATE entry SET proposal_id = 'p9' WHERE sequence = 77", ["source_problem", 77]],
    [
      "a column to nothing",
      "UPDATE entry SET actor_did = NULL WHERE sequence = 77",
      ["source_problem", 77],
    ],
    [
      "a column from nothing",
      "UPDATE entry SET kind = 'delegation' WHERE sequence = 78",
      ["source_problem", 78],
    ],
    ["a time", "UPDATE entry SET timestamp_millis = 5 WHERE sequence = 77", ["source_problem", 77]],
  ])("shows that %s was edited, and where", async (_, sql, place) => {
    const report = await tampered(sql);
    expect(report).toMatchObject({ verified: false, integrity: "failed" });
    expect(placesOf(report)).toContainEqual(place);
  });

  test("shows that a line was edited with its leaf hash, between two checkpoints", async () => {
    const path = newPath();
    cpSync(original, path);
    const database = new DatabaseSync(path, { readOnly: true });
    const line = String(
      database.prepare("SELECT CAST(line AS TEXT) AS t FROM entry WHERE sequence = 77").get()?.[
        "t"
      ],
    );
    database.close();
    const edited = line.replace("did:a", "did:b");
    const hash = createHash("sha256").update(`\0${edited}`).digest("hex");
    const report = await tampered(
      `UPDATE entry SET line = CAST('${edited}' AS BLOB), actor_did = 'did:b',
         leaf_hash = x'${hash}' WHERE sequence = 77`,
    );
    expect(report.integrity).toBe("failed");
    expect(report.problems[0]).toMatchObject({ code: "root_mismatch", from: 50, to: 99 });
  });

  test.each([
    ["an entry in the middle", "DELETE FROM entry WHERE sequence = 77", "missing_entries"],
    ["the first entry", "DELETE FROM entry WHERE sequence = 0", "missing_entries"],
    ["the tail", "DELETE FROM entry WHERE sequence >= 150", "truncated"],
    [
      "the tail with its checkpoints",
      "DELETE FROM entry WHERE sequence >= 150; DELETE FROM checkpoint WHERE size > 150",
      "truncated",
    ],
  ])("shows that %s is gone", async (_, sql, code) => {
    const report = await tampered(sql);
    expect(report).toMatchObject({ verified: false, completeness: "failed" });
    expect(report.problems.map((problem) => problem.code)).toContain(code);
  });

  test("shows that two entries changed places", async () => {
    const report = await tampered(`UPDATE entry SET sequence = 999 WHERE sequence = 7;
      UPDATE entry SET sequence = 7 WHERE sequence = 8;
      UPDATE entry SET sequence = 8 WHERE sequence = 999`);
    expect(report.verified).toBe(false);
  });

  test("shows a note that was edited or made by another key", async () => {
    const edited = await tampered(
      "UPDATE checkpoint SET note = replace(note, '100', '101') WHERE size = 100",
    );
    expect(edited).toMatchObject({ verified: false });
    const other = openJournal(newPath(), { logId: NAME });
    append(other, 3);
    await other.checkpoint({
      keys: [signingKeyOf(NAME, generateKeys(NAME, "ed25519").privateKeyPem)],
    });
    const report = await verify(other.evidence(), { keys: [vkey] });
    expect(report).toMatchObject({ verified: false, authenticity: "failed" });
  });

  test("is the same as that of its export", async () => {
    const journal = openJournal(original, { readOnly: true });
    const checkpoints = Array.from(journal.checkpoints(), ({ note }) => note).join("");
    const ndjson = ndjsonSource(
      Array.from(journal.lines(), (line) => `${line}\n`),
      { checkpoints },
    );
    const report = await verify(ndjson, { keys: [vkey] });
    expect(report).toEqual(await verify(journal.evidence(), { keys: [vkey] }));
    expect(report.verified).toBe(true);
  });

  test("has no fault to find in whatever was appended", async () => {
    const text = fc
      .string({ unit: "binary", minLength: 1, maxLength: 20 })
      .filter((value) => value.isWellFormed());
    const optional = fc.option(text, { nil: undefined });
    const event = fc.record({
      operation: fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).filter((name) => name !== "checkpoint"),
      proposalId: optional,
      subjectId: optional,
      kind: optional,
      actorDid: optional,
      decision: optional,
      timestamp: fc.date({ min: new Date(0), max: new Date("2262-01-01"), noInvalidDate: true }),
      details: jsonObject,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 10 }), async (events) => {
        const journal = openJournal(newPath(), { logId: NAME });
        journal.append(...events.map((each, sequence) => rowOf(sequence, each, { logId: NAME })));
        await journal.checkpoint({ keys });
        expect(await verify(journal.evidence(), { keys: [vkey] })).toMatchObject({
          verified: true,
          problemCount: 0,
        });
        journal.close();
      }),
      { numRuns: runs(40) },
    );
  });
});

test("a journal that is pruned while it is verified is not called tampered with", async () => {
  const path = newPath();
  const journal = await filled(path, 1200);
  const source = openJournal(path, { readOnly: true }).evidence();
  async function* pruned() {
    let seen = 0;
    for await (const item of source) {
      if (++seen === 600) pruneUnsealed(journal, { olderThan: new Date() });
      yield item;
    }
  }
  const verdict = verify({ [Symbol.asyncIterator]: pruned }, { keys: [vkey] });
  await expect(verdict).rejects.toMatchObject({ code: "journal_failed" });
});

test("a time that is none, behind the triggers' back, is a problem of its entry", async () => {
  for (const time of [Number.MAX_SAFE_INTEGER, -(2n ** 63n)]) {
    const report = await tampered(`UPDATE entry SET timestamp_millis = ${time} WHERE sequence = 3`);
    expect(placesOf(report)).toEqual([["source_problem", 3]]);
  }
});

test("a value that no log writes is a contradiction, and hides no altered line", async () => {
  const all = StatementSync.prototype.all;
  const spy = vi.spyOn(StatementSync.prototype, "all").mockImplementation(function (
    this: StatementSync,
    ...values
  ) {
    // This is what Node 24 answers where a text is too long for a string.
    const isLong = /AS leafHash, CAST.*(?<!octet_length\(operation.*)$/s.test(this.sourceSQL);
    return isLong ? (undefined as never) : Reflect.apply(all, this, values);
  });
  const altered = `UPDATE entry SET line = ${EDITED} WHERE sequence = 77`;
  for (const [sql, code, at] of [
    ["UPDATE entry SET line = zeroblob(70000) WHERE sequence = 70", "malformed_line", 70],
    ["UPDATE entry SET actor_did = hex(zeroblob(40000)) WHERE sequence = 70", "source_problem", 70],
    [
      "UPDATE checkpoint SET note = hex(zeroblob(2000001)) WHERE size = 50",
      "malformed_checkpoint",
      undefined,
    ],
  ] as const) {
    const report = await tampered(`${sql}; ${altered}`);
    expect(placesOf(report)).toContainEqual([code, at]);
    expect(placesOf(report)).toContainEqual(["leaf_hash_mismatch", 77]);
  }
  spy.mockRestore();
});

test("an entry in front of the first one, which a query would show, is found", async () => {
  const report = await tampered(`PRAGMA ignore_check_constraints = ON;
    INSERT INTO entry SELECT -1, timestamp_millis, recorded_nanos, trace_flags, resource, scope,
      leaf_hash, operation, proposal_id, subject_id, kind, actor_did, decision,
      CAST(replace(CAST(line AS TEXT), '"seq":0,', '"seq":-1,') AS BLOB)
      FROM entry WHERE sequence = 0`);
  expect(report.integrity).toBe("failed");
});

const POSTINGS = "INSERT INTO posting (column, value, block, places)";

test.each([
  ["of an actor that hide all entries", "DELETE FROM posting WHERE value = 'did:a'"],
  [
    "that hide the last entry",
    "UPDATE posting SET places = substr(places, 6) WHERE value = 'did:a'",
  ],
  ["that name an entry twice", "UPDATE posting SET places = places || substr(places, 1, 5)"],
  ["in another order", "UPDATE posting SET places = substr(places, 6) || substr(places, 1, 5)"],
  ["of another value", "UPDATE posting SET value = 'did:z' WHERE value = 'did:a'"],
  ["of another column", "UPDATE posting SET column = 'kind' WHERE column = 'subject_id'"],
  ["of another block", "UPDATE posting SET block = 1 WHERE value = 'did:a'"],
  [
    "of no column",
    `${POSTINGS} SELECT 'line', value, block, places FROM posting WHERE value = 'p1'`,
  ],
  ["too many", `${POSTINGS} SELECT column, 'p9', block, places FROM posting WHERE value = 'p1'`],
  ["without a place", `${POSTINGS} VALUES ('kind', 'none', 0, '')`],
  ["with places that none has", `${POSTINGS} VALUES ('kind', 'none', 0, 'zzzz')`],
  ["of a block that is not whole", `${POSTINGS} VALUES ('actor_did', 'did:a', 1, '00001')`],
  ["of a block before the first", `${POSTINGS} VALUES ('actor_did', 'did:a', -1, '00001')`],
  [
    "of bytes that are no text",
    "UPDATE posting SET value = CAST(x'6469643a61ff' AS TEXT) WHERE value = 'did:a'",
  ],
  [
    "of a value that goes on behind a NUL",
    "UPDATE posting SET value = value || char(0) || 'x' WHERE value = 'did:a'",
  ],
  [
    "of a block beyond all numbers",
    `${POSTINGS} VALUES ('kind', 'x', 9223372036854775807, '00001')`,
  ],
])("postings %s are found, though no line says so", async (_, sql) => {
  const path = newPath();
  cpSync(wide, path);
  tamper(path, sql);
  const report = await verify(openJournal(path, { readOnly: true }).evidence(), { keys: [vkey] });
  expect(report).toMatchObject({ verified: false, integrity: "failed" });
  expect(report.problems[0]?.message).toMatch(/its postings/);
});

describe("ids with characters that a reader can lose", () => {
  const LOST = "m\ufffd";
  const NUL = "nul\0tail";
  let path: string;

  beforeAll(async () => {
    path = join(mkdtempSync(join(folder, "lost-")), "lost.db");
    const journal = prunable(path, { logId: NAME });
    append(journal, 1050, (sequence) => ({
      subjectId: sequence % 2 === 0 ? LOST : NUL,
      kind: "authorize-model",
    }));
    await journal.checkpoint({ keys });
    journal.close();
  });

  const verdictAfter = async (sql: string) => {
    const copy = newPath();
    cpSync(path, copy);
    tamper(copy, sql);
    return verify(openJournal(copy, { readOnly: true }).evidence(), { keys: [vkey] });
  };

  test("are verified where nobody touched them", async () => {
    expect(await verdictAfter("SELECT 1")).toMatchObject({ verified: true, problemCount: 0 });
  });

  test.each([
    [
      "an entry is found by bytes that are no text",
      `UPDATE entry SET subject_id = CAST(x'6dff' AS TEXT) WHERE sequence = 1040`,
    ],
    [
      "an entry is found by another value behind a NUL",
      `UPDATE entry SET subject_id = 'nul' || char(0) || 'x' WHERE sequence = 1041`,
    ],
    [
      "postings have bytes that are no text",
      `UPDATE posting SET value = CAST(x'6dff' AS TEXT) WHERE hex(value) = '6DEFBFBD'`,
    ],
    [
      "postings have another value behind a NUL",
      `UPDATE posting SET value = 'nul' || char(0) || 'x' WHERE hex(value) = '6E756C007461696C'`,
    ],
    [
      "a part of the value is in the name of the column",
      `UPDATE posting SET column = 'subject_id' || char(0) || 'nul', value = 'tail' WHERE hex(value) = '6E756C007461696C'`,
    ],
    [
      "a NUL is behind the name of the column",
      `UPDATE posting SET column = 'kind' || char(0) || 'x' WHERE column = 'kind'`,
    ],
  ])("%s: it is found", async (_, sql) => {
    expect(await verdictAfter(sql)).toMatchObject({ verified: false, integrity: "failed" });
  });
});

test("postings of a journal that has no whole block are found", async () => {
  const report = await tampered(`${POSTINGS} VALUES ('actor_did', 'did:a', 0, '00001')`);
  expect(report.problems[0]?.message).toMatch(/its postings/);
});

test("a thread adds up the postings by itself", async () => {
  const file = openFile(wide, resolveJournalOptions({ readOnly: true }));
  const read = vi.spyOn(file, "read");
  const { input } = new PostingSums();
  const second = new SecondReader(file, [], { read: sumsOfPostings, input }, 0);
  expect((await second.answer()).sums.slice(0, 1)).toEqual([0]);
  expect(read).not.toHaveBeenCalled();
  file.abandon();
});

test.each([
  ["an index of times that hides entries", "INSERT INTO time_block VALUES (0, 5, 6)"],
  ["an index of times for a block that is not whole", "INSERT INTO time_block VALUES (1, 5, 6)"],
  ["an index of times for a block that no log has", "INSERT INTO time_block VALUES (-1, 5, 6)"],
  ["an index of times for a block to come", "INSERT INTO time_block VALUES (4095, 5, 6)"],
  ["an index of times without a block", "DELETE FROM time_block"],
  [
    "an index of times that is one millisecond too wide",
    "UPDATE time_block SET latest_millis = latest_millis + 1",
  ],
  [
    "an index of times that no number can hold",
    "UPDATE time_block SET earliest_millis = -1152921504606846976",
  ],
  [
    "times of recording ten years back",
    "UPDATE entry SET recorded_nanos = recorded_nanos - 315360000000000000",
  ],
  [
    "a time that no number can hold",
    "UPDATE entry SET timestamp_millis = 1152921504606846976 WHERE sequence = 7",
  ],
  [
    "a size that no number can hold",
    "UPDATE checkpoint SET size = 1152921504606846976 WHERE size = 100",
  ],
  [
    "a position that no number can hold",
    "UPDATE checkpoint SET position = 1152921504606846976, root_hash = zeroblob(32) WHERE size = 200",
  ],
  [
    "a sequence that no number can hold",
    "UPDATE entry SET sequence = 1152921504606846976 WHERE sequence = 199",
  ],
  ["the row of its writer, which is missing,", "DELETE FROM owner"],
  [
    "an older checkpoint behind the newest, which would be shown in its place,",
    `INSERT INTO checkpoint SELECT (SELECT max(position) + 1 FROM checkpoint), size, root_hash, id,
       recorded_nanos, resource, scope, note FROM checkpoint ORDER BY position LIMIT 1`,
  ],
  [
    "a pruning that never was",
    "INSERT INTO pruning VALUES (4, 0, 5, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
  ],
  [
    "a pruning that says another time than the entries that were kept",
    `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry WHERE sequence < 4;
     DELETE FROM entry WHERE sequence < 4;
     INSERT INTO pruning VALUES (4, 0, 5, '2036-01-01T00:00:00.000Z', '2036-01-02T00:00:00.000Z')`,
  ],
  [
    "a pruning that does not follow the one before it",
    `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry WHERE sequence < 4;
     DELETE FROM entry WHERE sequence < 4;
     INSERT INTO pruning VALUES (4, 2, 5, '2025-01-01T00:00:00.000Z', '2025-01-02T00:00:00.000Z')`,
  ],
  ["times of recording that fall", "UPDATE entry SET recorded_nanos = 5 WHERE sequence = 77"],
  ["a node of the tree that was zeroed", "UPDATE subtree SET root = zeroblob(32) WHERE number = 3"],
  ["a node of the tree that is gone", "DELETE FROM subtree WHERE number = 3"],
  ["a node that lets nothing more be recorded", "INSERT INTO subtree VALUES (4, 12, zeroblob(32))"],
  ["a node at a height that none has", "INSERT INTO subtree VALUES (5, 0, zeroblob(32))"],
  ["a node below all entries", "INSERT INTO subtree VALUES (4, -1, zeroblob(32))"],
  [
    "a node beyond all numbers",
    "INSERT INTO subtree VALUES (1152921504606846976, 1152921504606846976, zeroblob(32))",
  ],
  ["the root beside a note", "UPDATE checkpoint SET root_hash = zeroblob(32) WHERE size = 100"],
  ["the size beside a note", "UPDATE checkpoint SET size = 7777 WHERE size = 200"],
  ["the name of the log", "UPDATE log SET log_id = 'other.example'"],
])("%s is found, though no line says so", async (_, sql) => {
  const path = newPath();
  cpSync(sql.includes("time_block") ? wide : original, path);
  tamper(path, sql.replace("INSERT INTO time_block", "INSERT OR REPLACE INTO time_block"));
  const report = await verify(openJournal(path, { readOnly: true }).evidence(), { keys: [vkey] });
  expect(report).toMatchObject({ verified: false, integrity: "failed" });
});

const VOTE = `timestamp_millis, recorded_nanos, trace_flags, resource, scope, leaf_hash, operation,
  proposal_id, subject_id, kind, actor_did, decision, line`;
const ENDLESS = `SELECT value AS sequence, 0 AS log_id, 0 AS leaf_hash, 0 AS line FROM
  (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n) SELECT value FROM n)`;
const SCHEMA_ATTACKS: readonly (readonly [what: string, sql: string, problem: string])[] = [
  [
    "a table made anew without STRICT, with a forged row between two sequences",
    `ALTER TABLE entry RENAME TO old;
     CREATE TABLE entry (sequence, ${VOTE});
     INSERT INTO entry SELECT sequence, ${VOTE} FROM old;
     INSERT INTO entry SELECT 11.5, ${VOTE} FROM old WHERE sequence = 11;
     DROP TABLE old`,
    "its table entry is not the one of a journal",
  ],
  [
    "a view that hides an actor from whoever reads it",
    `DROP VIEW audit; CREATE VIEW audit AS SELECT * FROM entry WHERE actor_did <> 'did:a'`,
    "its view audit is not the one of a journal",
  ],
  [
    "a trigger of the right name that does nothing",
    `DROP TRIGGER entry_insert;
     CREATE TRIGGER entry_insert BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END`,
    "its trigger entry_insert is not the one of a journal",
  ],
  [
    "a trigger too much",
    "CREATE TRIGGER later BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END",
    "it has another trigger, later, which no journal has",
  ],
  [
    "a trigger with the name of a table of statistics",
    "CREATE TRIGGER stat BEFORE INSERT ON rejected BEGIN SELECT RAISE(IGNORE); END",
    "it has another trigger, stat, which no journal has",
  ],
  [
    "a table too much",
    "CREATE TABLE note (text)",
    "it has another table, note, which no journal has",
  ],
  [
    "an index over other rows",
    `DROP INDEX checkpoint_by_size;
     CREATE INDEX checkpoint_by_size ON checkpoint (size) WHERE size > 100`,
    "its index checkpoint_by_size is not the one of a journal",
  ],
  [
    "a view in place of the entries that never ends",
    `DROP VIEW audit; DROP TABLE entry; CREATE VIEW entry AS ${ENDLESS}`,
    "it has no table entry",
  ],
  [
    "a view in place of the log's name that never ends",
    `DROP TABLE log; CREATE VIEW log AS ${ENDLESS}`,
    "it has no table log",
  ],
  ["a table that is gone", "DROP TABLE pruned_leaf", "it has no table pruned_leaf"],
];

describe("a journal whose schema was changed", () => {
  test.each(SCHEMA_ATTACKS)("%s: is found by name", async (_, sql, problem) => {
    const path = newPath();
    cpSync(original, path);
    const database = new DatabaseSync(path);
    for (const { name } of database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .all())
      if (!sql.includes("TRIGGER")) database.exec(`DROP TRIGGER ${name}`);
    database.exec(sql);
    database.close();
    expect(() => openJournal(path)).toThrow(/damaged/);
    const report = await verify(openJournal(path, { readOnly: true }).evidence(), { keys: [vkey] });
    expect(report).toMatchObject({ verified: false, integrity: "failed" });
    expect(report.problems.map(({ message }) => message)).toContainEqual(JSON.stringify(problem));
  });

  test("does not hide an altered line", async () => {
    const report = await tampered(
      `${SCHEMA_ATTACKS[0]?.[1]};
       UPDATE entry SET line = ${"CAST(replace(CAST(line AS TEXT), 'did:a', 'did:b') AS BLOB)"}
       WHERE sequence = 77`.replace("DROP TABLE old", "DROP TABLE old; DROP VIEW audit"),
    );
    expect(placesOf(report)).toContainEqual(["leaf_hash_mismatch", 77]);
  });

  test("answers no query from tables that are not a journal's", () => {
    const path = newPath();
    cpSync(original, path);
    const database = new DatabaseSync(path);
    database.exec("DROP INDEX checkpoint_by_size");
    database.close();
    const journal = openJournal(path, { readOnly: true });
    for (const work of [
      () => journal.entries(),
      () => journal.count(),
      () => [...journal.lines()],
      () => journal.stats(),
      () => journal.length,
      () => [...journal.checkpoints()],
    ])
      expect(work).toThrow(/it has no index checkpoint_by_size/);
  });
});

test.each([
  ["", 0],
  [", by the thread that checks a large journal", 9_000_000],
])("an index that lost rows, and whose schema looks right, is found%s", async (_, bytes) => {
  const path = newPath();
  cpSync(original, path);
  const database = new DatabaseSync(path);
  const [forged, own] = ["checkpoint (note)", "checkpoint (size)"] as const;
  database.exec(`DROP INDEX checkpoint_by_size;
    CREATE INDEX checkpoint_by_size ON ${forged};
    INSERT INTO context (kind, json) VALUES ('resource', hex(zeroblob(${bytes})))`);
  database.close();
  const content = readFileSync(path);
  content.write(own, content.indexOf(forged)); // SQLite does not let its own schema be edited
  writeFileSync(path, content);
  const journal = openJournal(path, { readOnly: true });
  const report = await verify(journal.evidence(), { keys: [vkey] });
  expect(report).toMatchObject({ verified: false, integrity: "failed" });
  expect(report.problems[0]?.message).toContain("checkpoint_by_size");
});

test("an append that a trigger ignores is not taken for one", () => {
  const path = newPath();
  const journal = openJournal(path);
  append(journal, 1);
  const shell = new DatabaseSync(path);
  shell.exec("CREATE TRIGGER later BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END");
  shell.close();
  expect(() => append(journal, 1)).toThrow(/did not write it/);
  expect(journal.length).toBe(1);
});

test("a column that was cut off at a NUL is found, where Node reads it whole", async () => {
  const path = newPath();
  const journal = openJournal(path, { logId: NAME });
  append(journal, 2, () => ({ actorDid: "did:\0a" }));
  await journal.checkpoint({ keys });
  journal.close();
  const judged = () => verify(openJournal(path, { readOnly: true }).evidence(), { keys: [vkey] });
  expect(await judged()).toMatchObject({ verified: true });
  tamper(path, "UPDATE entry SET actor_did = 'did:' WHERE sequence = 1");
  const cuts = process.versions.node.startsWith("22.");
  expect(await judged()).toMatchObject({ verified: cuts });
});
