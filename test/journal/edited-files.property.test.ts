import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuditError } from "../../src/errors.js";
import { Journal } from "../../src/journal/index.js";
import { type VerificationReport, type VerifyOptions, verify } from "../../src/verify/index.js";
import { type Frame, framesOf, logOfFrames } from "../fixtures/frames.js";
import { prunable, pruneUnsealed, rowOf } from "../fixtures/journal.js";
import { runs } from "../fixtures/long-runs.js";
import { differences, PRUNED, type Shown, shownBy, votedRows } from "../fixtures/shown-journal.js";
import { keys, NAME, vkey } from "../fixtures/signed-log.js";

const RUNS = Number(process.env["EDITED_JOURNALS"] ?? runs(50));

/** The files of a journal, by what follows its name. */
const FILES = ["", "-wal", "-shm", "-journal", ".lock", ".checkpoint"] as const;
type File = (typeof FILES)[number];

/** One thing that somebody does to one file of a journal whose writer was killed. */
type FileEdit =
  | { readonly kind: "delete"; readonly file: File }
  | { readonly kind: "cut"; readonly file: File; readonly length: number }
  | { readonly kind: "flip"; readonly file: File; readonly at: number; readonly xor: number }
  | { readonly kind: "fill"; readonly file: File; readonly bytes: Uint8Array }
  | { readonly kind: "swap"; readonly file: File; readonly other: File }
  | { readonly kind: "take"; readonly file: File; readonly from: Snapshot; readonly of: File }
  | { readonly kind: "frames"; readonly steps: readonly FrameStep[] };

/**
 * What is done to the frames of the write-ahead log, each counted round. Their checksums are right
 * afterwards.
 */
type FrameStep =
  | { readonly kind: "drop" | "cut" | "again"; readonly at: number; readonly to: number }
  | { readonly kind: "commit"; readonly at: number; readonly pages: number }
  | { readonly kind: "flip"; readonly at: number; readonly offset: number; readonly xor: number }
  | {
      readonly kind: "put";
      readonly from: Snapshot;
      /** Whether it is a frame of that log, or else a page of that file. */
      readonly isFrame: boolean;
      readonly page: number;
    };

/** The files of the same journal some entries ago, and those of another one of the same name. */
const SNAPSHOTS = ["closed", "earlier", "other"] as const;
type Snapshot = (typeof SNAPSHOTS)[number];

const file = fc.constantFrom(...FILES);
const from = fc.constantFrom(...SNAPSHOTS);
const frameStep: fc.Arbitrary<FrameStep> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("drop" as const, "cut" as const, "again" as const),
    at: fc.nat(),
    to: fc.nat(),
  }),
  fc.record({ kind: fc.constant("commit" as const), at: fc.nat(), pages: fc.nat(100) }),
  fc.record({
    kind: fc.constant("flip" as const),
    at: fc.nat(),
    offset: fc.nat(),
    xor: fc.integer({ min: 1, max: 255 }),
  }),
  {
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      from,
      isFrame: fc.boolean(),
      page: fc.nat(),
    }),
    weight: 3,
  },
);
const fileEdit: fc.Arbitrary<FileEdit> = fc.oneof(
  fc.record({ kind: fc.constant("delete" as const), file }),
  fc.record({ kind: fc.constant("cut" as const), file, length: fc.nat() }),
  fc.record({
    kind: fc.constant("flip" as const),
    file,
    at: fc.nat(),
    xor: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ kind: fc.constant("fill" as const), file, bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant("swap" as const), file, other: file }),
  {
    arbitrary: file.chain((taken) =>
      fc.record({
        kind: fc.constant("take" as const),
        file: fc.constant(taken),
        from,
        of: fc.oneof({ arbitrary: fc.constant(taken), weight: 5 }, file),
      }),
    ),
    weight: 3,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("frames" as const),
      steps: fc.array(frameStep, { minLength: 1, maxLength: 3 }),
    }),
    weight: 3,
  },
);

let folder: string;
let copy: string;
let before: Shown;
/** The newest checkpoint, as an auditor has it. */
let note: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorumlog-"));
  copy = join(folder, "copy", "governance.db");
  const live = await grown("live", (name) => snapshot("live", name));
  note = live.newestCheckpoint()?.note ?? "";
  snapshot("live", "now");
  live.close();
  const other = await grown("other-live", () => {});
  snapshot("other-live", "other");
  other.close();
  restore();
  before = await shownBy(copy);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A pruned journal, of which a part is in the file and the rest in its write-ahead log. */
async function grown(name: string, on: (snapshot: Snapshot) => void): Promise<Journal> {
  mkdirSync(join(folder, name));
  const path = join(folder, name, "governance.db");
  const rows = votedRows();
  const first = prunable(path, { logId: NAME });
  first.append(...rows.slice(0, 1010));
  await first.checkpoint({ keys });
  pruneUnsealed(first, { olderThan: new Date(rowOf(PRUNED).timestampMillis) });
  first.close();
  on("closed");
  const journal = prunable(path);
  for (const row of rows.slice(1010, 1020)) journal.append(row);
  await journal.checkpoint({ keys });
  on("earlier");
  for (const row of rows.slice(1020)) journal.append(row);
  await journal.checkpoint({ keys });
  return journal;
}

/** Copies all files in another process: to close them in this one would drop the writer's lock. */
function snapshot(live: string, name: Snapshot | "now"): void {
  const { status } = spawnSync("cp", ["-r", join(folder, live), join(folder, name)]);
  expect(status).toBe(0);
}

/** Makes the copy anew. */
function restore(): void {
  rmSync(join(folder, "copy"), { recursive: true, force: true });
  cpSync(join(folder, "now"), join(folder, "copy"), { recursive: true });
}

/** The frames of a write-ahead log after one step. */
function stepped(frames: readonly Frame[], step: FrameStep): readonly Frame[] {
  const last = frames.at(-1);
  if (last === undefined) return frames;
  if (step.kind === "put") {
    const other = pageOf(step);
    // Behind all others, it is the one that is read. It ends a commit, or it would be none.
    return other === undefined ? frames : [...frames, { ...other, pages: last.pages }];
  }
  const at = step.at % frames.length;
  const frame = frames[at] ?? last;
  switch (step.kind) {
    case "drop":
      return frames.toSpliced(at, 1);
    case "cut":
      return frames.slice(0, at);
    case "again":
      return frames.toSpliced(step.to % (frames.length + 1), 0, frame);
    case "commit":
      return frames.with(at, { ...frame, pages: step.pages });
    case "flip": {
      const content = Buffer.from(frame.content);
      const offset = step.offset % content.length;
      content[offset] = (content[offset] ?? 0) ^ step.xor;
      return frames.with(at, { ...frame, content });
    }
  }
}

/** A page of a snapshot. */
function pageOf({ from, isFrame, page }: FrameStep & { kind: "put" }): Frame | undefined {
  const path = join(folder, from, "governance.db");
  const log = `${path}-wal`;
  if (isFrame) {
    const frames = existsSync(log) ? framesOf(readFileSync(log)) : [];
    return frames[page % frames.length];
  }
  const bytes = readFileSync(path);
  const size = bytes.readUInt16BE(16);
  const number = page % (bytes.length / size);
  const content = bytes.subarray(number * size, (number + 1) * size);
  return { page: number + 1, pages: 0, content };
}

function edit(change: FileEdit): void {
  if (change.kind === "frames") {
    const log = readFileSync(`${copy}-wal`);
    const frames = change.steps.reduce(stepped, framesOf(log));
    writeFileSync(`${copy}-wal`, logOfFrames(log, frames));
    return;
  }
  const path = copy + change.file;
  const bytes = existsSync(path) ? readFileSync(path) : undefined;
  switch (change.kind) {
    case "delete":
      rmSync(path, { force: true });
      return;
    case "fill":
      writeFileSync(path, change.bytes);
      return;
    case "cut":
      if (bytes !== undefined && bytes.length > 0) truncateSync(path, change.length % bytes.length);
      return;
    case "flip": {
      if (bytes === undefined || bytes.length === 0) return;
      const at = change.at % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change.xor;
      writeFileSync(path, bytes);
      return;
    }
    case "swap": {
      const other = copy + change.other;
      const aside = `${path}.aside`;
      if (bytes !== undefined) renameSync(path, aside);
      if (existsSync(other)) renameSync(other, path);
      if (bytes !== undefined) renameSync(aside, other);
      return;
    }
    case "take": {
      const taken = join(folder, change.from, "governance.db") + change.of;
      if (existsSync(taken)) cpSync(taken, path);
      else rmSync(path, { force: true });
    }
  }
}

/** What an auditor has who was given the newest checkpoint. */
const trusting = (): VerifyOptions => ({ trustedCheckpoint: note, coveredOnly: true });

/** The report on the copy; undefined where it is refused. */
async function judged(options = trusting()): Promise<VerificationReport | undefined> {
  try {
    const journal = Journal.open(copy, { readOnly: true });
    try {
      return await verify(journal.evidence(), {
        keys: [vkey],
        acceptPruned: PRUNED,
        ...options,
      });
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

/** A writer that starts after the edit, and appends what comes next. Undefined if it is refused. */
function appendedNext(): number | undefined {
  try {
    const journal = Journal.open(copy);
    try {
      const sequence = journal.length;
      journal.append(rowOf(sequence, {}, { logId: NAME }));
      return sequence;
    } finally {
      journal.close();
    }
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

test("the files of a journal whose writer was killed verify as they are", async () => {
  restore();
  expect(Object.values(before)).not.toContain(undefined);
  expect(differences(before, await shownBy(copy))).toEqual([]);
  const log = readFileSync(`${copy}-wal`);
  expect(logOfFrames(log, framesOf(log))).toEqual(log);
  expect(await judged()).toMatchObject({ verified: true });
  expect(appendedNext()).toBe(1030);
  expect(await judged()).toMatchObject({ verified: true });
});

/** What is shown differently is found, or refused. */
async function assertFound(): Promise<void> {
  const different = differences(before, await shownBy(copy));
  // Who has the newest checkpoint does not miss it in the journal.
  const report = await judged(different.join() === "checkpoint" ? {} : trusting());
  if (different.length > 0) expect(report?.verified ?? false, different.join()).toBe(false);
}

test("whatever one edit of a file around a journal changes in what it shows is found by verify, or refused", async () => {
  const property = fc.asyncProperty(fileEdit, async (change) => {
    restore();
    edit(change);
    await assertFound();
  });
  await fc.assert(property, { numRuns: RUNS });
}, 1_800_000);

test("a writer that starts after one edit of a file goes on where the log ended, or verify finds it", async () => {
  const property = fc.asyncProperty(fileEdit, async (change) => {
    restore();
    edit(change);
    const sequence = appendedNext();
    if (sequence === undefined) await assertFound();
    else if (sequence !== 1030) expect((await judged())?.verified ?? false).toBe(false);
  });
  await fc.assert(property, { numRuns: RUNS });
}, 1_800_000);
