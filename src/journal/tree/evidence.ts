import { MAX_LINE_BYTES } from "../../entry/line.js";
import { AuditError } from "../../errors.js";
import { BlockSource, type EvidenceItem, type EvidenceSource } from "../../integrity/evidence.js";
import { hexOf } from "../../integrity/merkle/merkle-hash.js";
import { RecordedTimes } from "../../record/recorded-times.js";
import {
  countBefore,
  type EntryTable,
  type EvidenceRow,
  type HrTime,
} from "../entries/entry-table.js";
import type { Connection } from "../file/connection.js";
import { SecondReader } from "../file/second-reader.js";
import { journalFailed } from "../file/sqlite.js";
import { alteredEvidence } from "./altered-evidence.js";
import { BlockTimes, timeBlocksOf } from "./block-times.js";
import type { CheckpointTable } from "./checkpoint-table.js";
import {
  COLUMNS_AT,
  checkpointProblem,
  RowLine,
  TABLE_QUERIES,
  tableProblems,
} from "./evidence-problems.js";
import type { MerkleTree } from "./merkle-tree.js";
import { type FoundSums, PostingSums, type SumsInput, sumsOfPostings } from "./posting-sums.js";

/** How many rows are read at a time. */
const ROWS = 512;

/** The parts of a journal that evidence is read from. */
export interface EvidenceParts {
  readonly file: Connection;
  readonly entries: EntryTable;
  readonly checkpoints: CheckpointTable;
  readonly tree: MerkleTree;
}

/** What reads beside the lines. */
type Second = SecondReader<SumsInput, FoundSums>;

/** Where the reading of a journal ends. */
interface End {
  /** Of the entries. */
  readonly length: number;
  /** Of the checkpoints. */
  readonly position: bigint;
}

/**
 * All that a journal has now, as evidence.
 *
 * @param length - Tells the next sequence.
 */
export function evidenceOf(parts: EvidenceParts, length: () => number): EvidenceSource {
  const { file, checkpoints } = parts;
  if (!file.isReadable) return new BlockSource(() => inBlocks(alteredEvidence(file)));
  // The checkpoints end first: none of them covers entries that come after that.
  const position = file.read(() => checkpoints.evidenceEnd());
  const end = { position, length: length() };
  return new BlockSource(() => journalEvidence(parts, end));
}

async function* inBlocks(
  items: Iterable<EvidenceItem>,
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  let block: EvidenceItem[] = [];
  try {
    for (const item of items) {
      block.push(item);
      if (block.length < ROWS) continue;
      yield block;
      block = [];
    }
  } catch (error) {
    yield block; // what could be read may show a contradiction
    throw error;
  }
  yield block;
}

/**
 * Reads all that a journal had when the reading began: the leaf hashes of pruned entries, the lines
 * with their leaf hashes, and the checkpoints. It hands them over as they are. It checks only what
 * the verifier cannot see: whether the schema, the columns and all that helps queries say what the
 * lines say. What takes no lines is checked at the same time, in a thread of its own.
 *
 * A part that cannot be read does not keep the others from being read: what they show is a
 * contradiction, whatever else is broken.
 *
 * @throws `AuditError` `journal_failed` when a part could not be read, and when entries were pruned
 * meanwhile: a verifier would take them for missing.
 */
async function* journalEvidence(
  all: EvidenceParts,
  { length, position }: End,
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  const { entries, file } = all;
  const reading = <T>(work: () => T): T => file.read(work);
  yield file.differences.map(({ problem }) => problemOf(problem));
  const prunedBefore = reading(() => entries.prunedBefore());
  const sums = new PostingSums();
  const second = new SecondReader(file, [countBefore(length), ...TABLE_QUERIES], {
    read: sumsOfPostings,
    input: sums.input,
  });
  let failure: AuditError | undefined;
  try {
    for (const part of [
      inBlocks(prunedLeaves(all)),
      lines(all, { length, second, sums }),
      inBlocks(notes(all, position)),
      inBlocks(subtrees(all, length)),
      problemsOf(second),
    ]) {
      try {
        yield* part;
      } catch (error) {
        if (!(error instanceof AuditError)) throw error;
        failure ??= error;
      }
    }
  } finally {
    second.end();
  }
  if (reading(() => entries.prunedBefore()) !== prunedBefore)
    throw journalFailed("entries were pruned while it was read; verify it again");
  if (failure !== undefined) throw failure;
}

function* notes(
  { file, checkpoints }: EvidenceParts,
  position: bigint,
): Generator<EvidenceItem, void, undefined> {
  for (const checkpoint of checkpoints.evidence(position, (work) => file.read(work))) {
    yield { kind: "checkpoint", note: checkpoint.note };
    const problem = checkpointProblem(checkpoint);
    if (problem !== undefined) yield problemOf(problem);
  }
}

function* subtrees(
  { file, tree }: EvidenceParts,
  length: number,
): Generator<EvidenceItem, void, undefined> {
  for (const subtree of tree.evidence(length, (work) => file.read(work)))
    yield { kind: "subtree", ...subtree };
}

async function* problemsOf(
  second: Second,
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  const problems = await tableProblems((query) => second.rows(query));
  yield problems.map(problemOf);
}

function problemOf(message: string): EvidenceItem {
  return { kind: "problem", message };
}

function* prunedLeaves({ entries, file }: EvidenceParts): Generator<EvidenceItem, void, undefined> {
  for (let next = 0; ; ) {
    const rows = file.read(() => entries.prunedLeaves(next, ROWS));
    for (const { sequence, leafHash, recordedBefore } of rows)
      yield {
        kind: "pruned",
        sequence,
        leafHash: hexOf(leafHash),
        ...(recordedBefore !== null && { recordedBefore }),
      };
    const last = rows.at(-1);
    if (last === undefined) return;
    next = last.sequence + 1;
  }
}

async function* lines(
  { entries, file }: EvidenceParts,
  { length, second, sums }: { length: number; second: Second; sums: PostingSums },
): AsyncGenerator<readonly EvidenceItem[], void, undefined> {
  const prunedBefore = file.read(() => entries.prunedBefore());
  const recorded = RecordedTimes.afterPruned(file.read(() => entries.prunedTime()));
  const happened = new BlockTimes();
  let count = 0;
  // It starts below 0: a query would show an entry that somebody put there.
  for (let next = Number.MIN_SAFE_INTEGER; next < length; ) {
    const rows = file.read(() => entries.evidence(next, length, ROWS));
    const block: EvidenceItem[] = [];
    for (const read of rows) {
      const [sequence, , text, bytes] = read;
      // U+FFFD also stands for bytes that are no text, and Node 22 reads up to the first NUL
      const isDoubtful = text.includes("\ufffd");
      const row =
        isDoubtful || text.includes("\\u0000")
          ? withColumns(
              read,
              file.read(() => entries.exactColumns(sequence)),
            )
          : read;
      const isWhole = !isDoubtful && hasBytes(text, bytes);
      const line =
        isWhole || bytes > MAX_LINE_BYTES
          ? text // the verifier reports a line that is too long, by what is left of it
          : file.read(() => entries.rows(sequence, sequence + 1, 1))[0]?.line;
      if (line === undefined) return; // pruned meanwhile
      const time: HrTime = [row[4], row[5]];
      block.push(new RowLine(line, row, recorded.before(time), file.logId));
      recorded.keep(time);
      happened.add(sequence, row[6]);
      sums.add(sequence, row, COLUMNS_AT);
    }
    yield block;
    count += block.length;
    const last = rows.at(-1);
    if (last === undefined) break; // the verifier reports what is missing
    next = last[0] + 1;
  }
  const all = (await second.rows(countBefore(length)))[0]?.["n"];
  const posting = sums.firstDifference(await second.answer(), length);
  const summary = happened.firstDifference(
    file.read(() => timeBlocksOf(file.database)),
    length,
  );
  if (file.read(() => entries.prunedBefore()) !== prunedBefore) return;
  if (all !== count) yield [problemOf(`it has ${all} rows of entries, and ${count} could be read`)];
  if (posting !== undefined)
    yield [
      problemOf(
        "its postings, by which queries find entries, do not match the entries from this one on: " +
          posting,
      ),
    ];
  if (summary !== undefined)
    yield [
      problemOf(
        "its summary of times does not match the block of entries that begins with the entry " +
          summary,
      ),
    ];
}

function withColumns(row: EvidenceRow, columns: readonly unknown[]): EvidenceRow {
  const [sequence, leafHash, text, bytes, seconds, nanos, millis] = row;
  return [sequence, leafHash, text, bytes, seconds, nanos, millis, ...columns];
}

function hasBytes(text: string, bytes: number): boolean {
  return text.length === bytes || Buffer.byteLength(text) === bytes;
}
