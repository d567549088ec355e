import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuditError } from "../../src/errors.js";
import { postingsOf } from "../../src/journal/entries/postings.js";
import { Journal } from "../../src/journal/index.js";
import { type VerificationReport, verify } from "../../src/verify/index.js";
import { type Edit, edit, fileEdit, loosely, rowEdit } from "../fixtures/edited-journal.js";
import { prunable, pruneUnsealed, rowOf, spooled, tamper } from "../fixtures/journal.js";
import { inLongRuns, runs } from "../fixtures/long-runs.js";
import { differences, PRUNED, type Shown, shownBy, votedRows } from "../fixtures/shown-journal.js";
import { keys, NAME, vkey } from "../fixtures/signed-log.js";

/** Of each property. */
const RUNS = Number(process.env["EDITED_JOURNALS"] ?? runs(100));

let folder: string;
let original: string;
let copy: string;
let before: Shown;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-")); // those of the fixtures end with a test
  original = join(folder, "original.db");
  copy = join(folder, "copy.db");
  const journal = prunable(join(folder, "live.db"), { logId: NAME });
  const outbox = journal.outbox("otlp");
  const rows = votedRows();
  journal.append(...rows.slice(0, 1026));
  await journal.checkpoint({ keys });
  journal.append(...rows.slice(1026));
  await journal.checkpoint({ keys });
  for (const row of rows) outbox.add(spooled(journal, row));
  outbox.reject("400 Bad Request");
  outbox.settle(1000);
  outbox.reject("413 too large");
  outbox.settle(20);
  pruneUnsealed(journal, { olderThan: new Date(rowOf(PRUNED).timestampMillis) });
  await journal.backup(original);
  journal.close();
  before = await shownBy(original);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The report on the copy; undefined where it is refused. */
async function judged(): Promise<VerificationReport | undefined> {
  try {
    const journal = Journal.open(copy, { readOnly: true });
    try {
      return await verify(journal.evidence(), { keys: [vkey], acceptPruned: PRUNED });
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

function copied(): void {
  for (const suffix of ["-wal", "-shm", "-journal", ".lock", ".checkpoint"])
    rmSync(copy + suffix, { force: true });
  cpSync(original, copy);
}

async function assertFound(change: Edit): Promise<void> {
  copied();
  edit(copy, change);
  const different = differences(before, await shownBy(copy));
  if (different.length === 0) return;
  const report = await judged();
  expect(report?.verified ?? false, different.join()).toBe(false);
}

test("whatever one edit of a value changes in what a journal shows is found by verify, or refused", async () => {
  expect(
    await verify(Journal.open(original, { readOnly: true }).evidence(), {
      keys: [vkey],
      acceptPruned: PRUNED,
    }),
  ).toMatchObject({ verified: true });
  expect(Object.values(before)).not.toContain(undefined);
  await fc.assert(fc.asyncProperty(rowEdit, assertFound), { numRuns: RUNS });
}, 1_800_000);

test("whatever one edit of the schema or a file changes is found by verify, or refused", async () => {
  await fc.assert(fc.asyncProperty(fileEdit, assertFound), { numRuns: RUNS });
}, 1_800_000);

/** The copy has an altered line, and this elsewhere: what is wrong with the line is still said. */
async function assertContradicted(change: () => void): Promise<void> {
  copied();
  tamper(
    copy,
    `UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'did:b', 'did:c') AS BLOB)
     WHERE sequence = 1010`,
  );
  change();
  const report = await judged();
  expect(report).toMatchObject({ verified: false });
  expect([report?.integrity, report?.completeness]).toContain("failed");
}

test("an altered line and one hostile value elsewhere: a contradiction is a contradiction", async () => {
  await fc.assert(
    fc.asyncProperty(rowEdit, (change) => assertContradicted(() => edit(copy, change))),
    { numRuns: RUNS },
  );
}, 1_800_000);

test("an altered line is found beside a pruning that ends at -2^60", () =>
  assertContradicted(() => tamper(copy, `UPDATE pruning SET pruned_before = -${2n ** 60n}`)));

test("an altered line and 2^60 or NULL in a whole column, or no context row: a contradiction", async () => {
  const database = new DatabaseSync(original, { readOnly: true });
  const columns = database
    .prepare(
      `SELECT tables.name AS owner, columns.name, columns.type, columns.pk
       FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
       WHERE tables.type = 'table'`,
    )
    .all();
  database.close();
  expect(columns.length).toBeGreaterThan(50);
  await assertContradicted(() => tamper(copy, "DELETE FROM context"));
  // A column of a key must stay different in each row.
  const set = (each: (typeof columns)[number], value: string) =>
    each["pk"] === 0
      ? `${each["name"]} = ${value}`
      : `${each["name"]} = ${each["name"]} + 1152921504606846976`;
  const numbers = columns.filter(({ type }) => type === "INTEGER");
  for (const [index, each] of columns.entries()) {
    if (index % 4 !== 0 && inLongRuns(each).length === 0) continue;
    const value = numbers.includes(each) ? "1152921504606846976" : "NULL";
    if (each["pk"] !== 0 && !numbers.includes(each)) continue;
    await assertContradicted(() =>
      loosely(copy, (database) => database.exec(`UPDATE ${each["owner"]} SET ${set(each, value)}`)),
    );
  }
});

test("deliveries, contexts and trace flags that were edited are not seen, as the documents say", async () => {
  copied();
  tamper(
    copy,
    `UPDATE context SET json = '{"attributes":{"service.name":"other"}}';
     UPDATE checkpoint SET recorded_nanos = recorded_nanos + 1;
     UPDATE rejected SET reason = 'no reason'; UPDATE outbox SET delivered = 7;
     UPDATE entry SET trace_flags = 0 WHERE trace_flags = 1`,
  );
  expect(await judged()).toMatchObject({ verified: true });
});

test.each([
  ["a prefix", 1010, ["held_entries_pruned", "unsealed_pruning"]],
  ["the whole log", 1030, ["unsealed_pruning"]],
])(
  "%s moved into pruned_leaf contradicts what the log says of holds and prunings",
  async (_, end, codes) => {
    copied();
    tamper(
      copy,
      `INSERT INTO pruned_leaf SELECT sequence, leaf_hash FROM entry WHERE sequence < ${end};
     INSERT INTO pruning SELECT ${end}, pruned_before, (SELECT recorded_nanos FROM entry
       WHERE sequence = ${end - 1}), '2026-04-14T12:16:50.000Z', '2026-11-01T00:00:00.000Z'
       FROM pruning;
     DELETE FROM entry WHERE sequence < ${end};
     DELETE FROM time_block WHERE block < ${end} / 1024;
     DELETE FROM posting;
     INSERT INTO posting SELECT column, value, 0, places
       FROM (${postingsOf("0")}) WHERE ${end} < 1024`,
    );
    const report = await judged();
    expect(report).toMatchObject({ verified: false, completeness: "failed" });
    expect(report?.problems.map(({ code }) => code)).toEqual(codes);
  },
);
