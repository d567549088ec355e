import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuditError } from "../../src/errors.js";
import { Journal } from "../../src/journal/index.js";
import { type VerificationReport, verify } from "../../src/verify/index.js";
import { type Edit, edit, fileEdit, rowEdit } from "../fixtures/edited-journal.js";
import { prunable, rowOf, spooled, tamper } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";
import { keys, NAME, vkey } from "../fixtures/signed-log.js";

/** Of each property. */
const RUNS = Number(process.env["EDITED_JOURNALS"] ?? runs(100));
const PRUNED = 1004;

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
  // One block of 1024 is whole, which summaries of times and nodes of the tree need.
  const rows = Array.from({ length: 1030 }, (_, sequence) =>
    rowOf(
      sequence,
      {
        proposalId: sequence % 3 === 0 ? undefined : `p${sequence % 7}`,
        kind: sequence % 7 === 0 ? "authorize-model" : undefined,
        decision: sequence % 2 === 0 ? "approve" : undefined,
        actorDid: sequence % 5 === 0 ? "did:b" : "did:a",
      },
      { logId: NAME, traced: sequence % 5 === 0 },
    ),
  );
  journal.append(...rows.slice(0, 1026));
  await journal.checkpoint({ keys });
  journal.append(...rows.slice(1026));
  await journal.checkpoint({ keys });
  for (const row of rows) outbox.add(spooled(journal, row));
  outbox.reject("400 Bad Request");
  outbox.settle(1000);
  outbox.reject("413 too large");
  outbox.settle(20);
  journal.prune({ olderThan: new Date(rowOf(PRUNED).timestampMillis) });
  await journal.backup(original);
  journal.close();
  before = shown(original);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What commands show of a journal, each in JSON, or undefined where it is refused. */
type Shown = Readonly<Record<string, string | undefined>>;

function shown(path: string): Shown {
  const refusing = (show: () => unknown): string | undefined => {
    try {
      return JSON.stringify(show());
    } catch (error) {
      if (error instanceof AuditError) return undefined;
      throw error;
    }
  };
  let journal: Journal;
  try {
    journal = Journal.open(path, { readOnly: true });
  } catch (error) {
    if (error instanceof AuditError) return { view: viewOf(path) };
    throw error;
  }
  try {
    const stats = (): unknown => {
      const { bytes: _, mirrors: __, ...proven } = journal.stats();
      return [proven, journal.logId, journal.length];
    };
    return {
      query: refusing(() => journal.entries({ limit: 100_000 })),
      actor: refusing(() => journal.entries({ actorDid: "did:b", limit: 100_000 })),
      since: refusing(() => journal.count({ since: new Date(rowOf(1020).timestampMillis) })),
      until: refusing(() => journal.count({ until: new Date(rowOf(1010).timestampMillis) })),
      values: refusing(() => [...journal.values("proposalId")]),
      lines: refusing(() => [...journal.lines()]),
      // An older one can be removed unseen: the newest proves what it proved.
      checkpoint: refusing(() => journal.newestCheckpoint()?.note),
      stats: refusing(stats),
      view: viewOf(path),
    };
  } finally {
    journal.close();
  }
}

async function proofsOf(path: string): Promise<Shown> {
  let journal: Journal;
  try {
    journal = Journal.open(path, { readOnly: true });
  } catch {
    return {};
  }
  const refusing = (proof: Promise<string>) =>
    proof.catch((error: unknown) => {
      if (error instanceof AuditError) return undefined;
      throw error;
    });
  try {
    return {
      last: await refusing(journal.prove(1029)),
      proposal: await refusing(journal.prove({ proposalId: "p5" })),
    };
  } finally {
    journal.close();
  }
}

/** What an auditor sees with `sqlite3`, who is told what SQLite refuses. */
function viewOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return JSON.stringify(database.prepare("SELECT * FROM audit").all());
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

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
  const after = { ...shown(copy), ...(await proofsOf(copy)) };
  const different = Object.entries(after).filter(
    ([name, text]) => text !== undefined && text !== before[name],
  );
  if (different.length === 0) return;
  const report = await judged();
  expect(report?.verified ?? false, different.map(([name]) => name).join()).toBe(false);
}

test("whatever one edit of a value changes in what a journal shows is found by verify, or refused", async () => {
  before = { ...before, ...(await proofsOf(original)) };
  expect(
    await verify(Journal.open(original, { readOnly: true }).evidence(), {
      keys: [vkey],
      acceptPruned: PRUNED,
    }),
  ).toMatchObject({ verified: true });
  expect(Object.values(before)).not.toContain(undefined);
  await fc.assert(fc.asyncProperty(rowEdit, assertFound), { numRuns: RUNS });
});

test("whatever one edit of the schema or a file changes is found by verify, or refused", async () => {
  before = { ...before, ...(await proofsOf(original)) };
  await fc.assert(fc.asyncProperty(fileEdit, assertFound), { numRuns: RUNS });
});

test("an altered line and one hostile value elsewhere: a contradiction is a contradiction", async () => {
  await fc.assert(
    fc.asyncProperty(rowEdit, async (change) => {
      copied();
      tamper(
        copy,
        `UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'did:b', 'did:c') AS BLOB)
         WHERE sequence = 1010`,
      );
      edit(copy, change);
      const report = await judged();
      expect(report).toMatchObject({ verified: false });
      expect([report?.integrity, report?.completeness]).toContain("failed");
    }),
    { numRuns: RUNS },
  );
});
