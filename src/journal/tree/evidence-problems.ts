import type { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "../../entry/columns.js";
import { parseObject } from "../../entry/json.js";
import { isLineOf } from "../../entry/line.js";
import { formatTimestamp } from "../../entry/timestamp.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import { risenAbove } from "../../record/sealed-record.js";
import { counted } from "../../text/safe-text.js";
import type { EvidenceRow, HrTime } from "../entries/entry-table.js";
import { TIME_BLOCK } from "../file/schema.js";
import type { CheckpointEvidence } from "./checkpoint-table.js";

/**
 * Says where the columns of a row differ from its line. Queries find a row by its columns, so each
 * must say what the line says. Undefined when all do.
 *
 * @param log - The log id.
 */
export function rowProblem(row: EvidenceRow, log: string): string | undefined {
  const timestamp = timestampOf(row);
  if (timestamp !== undefined && isLineOf(row.text, log, timestamp, row)) return undefined;
  const members = parseObject(row.text);
  if (members === undefined) return undefined; // the verifier reports it
  const wrong = COLUMNS.map(({ key }) => key).filter(
    (key) => !says(row[key], members[key] ?? null),
  );
  if (members["timestamp"] !== timestamp) wrong.push("timestamp_millis");
  if (members["seq"] !== row.seq) wrong.push("sequence");
  if (members["log"] !== log) wrong.push("log_id");
  return wrong.length === 0
    ? undefined
    : `the journal finds it by another ${wrong.join(", ")} than its line has`;
}

/** Node 22 reads a text only up to its first NUL. */
function says(column: unknown, value: unknown): boolean {
  return (
    column === value ||
    (typeof value === "string" && value.includes("\0") && column === value.split("\0")[0])
  );
}

/** Undefined for a number that is not a time. Only somebody else can have written it there. */
function timestampOf({ timestampMillis }: EvidenceRow): string | undefined {
  return timestampMillis === null || Number.isNaN(new Date(timestampMillis).getTime())
    ? undefined
    : formatTimestamp(timestampMillis);
}

/**
 * Says whether a row has another time of recording than it must have: the one of its line or, where
 * that did not rise, one nanosecond after the row before. Retention goes by it.
 *
 * @param before - When the row before was recorded.
 */
export function timeProblem(row: EvidenceRow, before: HrTime): string | undefined {
  const millis = Date.parse(recordedAt(row.text) ?? timestampOf(row) ?? "");
  if (Number.isNaN(millis)) return undefined; // the verifier reports the line
  const [seconds, nanos] = risenAbove(before, millis);
  return row.seconds === seconds && row.nanos === nanos
    ? undefined
    : "the journal has another time of recording for it than its line";
}

const RECORDED_AT = '"recorded_at":"';

/** The member of a line that is there if it was recorded later than it happened. */
function recordedAt(line: string): string | undefined {
  const start = line.indexOf(RECORDED_AT, line.lastIndexOf('"log":')); // behind the details
  const from = start + RECORDED_AT.length;
  return start === -1 ? undefined : line.slice(from, line.indexOf('"', from));
}

/** Says where the columns of a checkpoint differ from its note. */
export function checkpointProblem({
  size,
  rootHash,
  note,
}: CheckpointEvidence): string | undefined {
  let signed: Checkpoint;
  try {
    signed = parseCheckpoint(note);
  } catch {
    return undefined; // the verifier reports it
  }
  if (String(signed.size) === size && signed.rootHash === rootHash) return undefined;
  const covered = counted(signed.size, "entry", "entries");
  return `its columns do not say what the checkpoint of ${covered} says`;
}

/** The heights at which subtrees are stored, each with the number of entries below a node. */
const LEVELS = `WITH RECURSIVE
    tree(size) AS (SELECT coalesce(
      (SELECT max(sequence) + 1 FROM entry), (SELECT max(pruned_before) FROM pruning), 0)),
    level(height, width) AS (
      SELECT 4, 16 UNION ALL
      SELECT height + 4, width * 16 FROM level, tree WHERE width * 16 <= size)`;

/**
 * The tables that queries, retention and proofs rely on beside the entries. Each check finds the
 * first sequence at which a table does not say what the entries say.
 */
const CHECKS: readonly (readonly [sql: string, problem: string])[] = [
  [
    `SELECT sequence FROM entry WHERE sequence >= ${Number.MAX_SAFE_INTEGER} LIMIT 1`,
    "it has an entry of a sequence that no log reaches,",
  ],
  [
    `SELECT * FROM (SELECT
       coalesce((SELECT max(pruned_before) FROM pruning), 0) AS sequence,
       coalesce((SELECT max(sequence) + 1 FROM pruned_leaf), 0) AS kept)
     WHERE sequence <> kept`,
    "its record of the last pruning does not match the leaf hashes that it has kept; the record " +
      "ends before the entry",
  ],
  [
    `SELECT coalesce(block, number) * ${TIME_BLOCK} AS sequence FROM
       (SELECT sequence / ${TIME_BLOCK} AS number, min(timestamp_millis) AS earliest,
         max(timestamp_millis) AS latest, min(sequence) AS first, max(sequence) AS last
        FROM entry GROUP BY 1)
       FULL JOIN time_block ON block = number
     WHERE CASE
       WHEN last IS NULL OR last % ${TIME_BLOCK} <> ${TIME_BLOCK - 1} THEN block IS NOT NULL
       WHEN block IS NULL THEN 1
       WHEN first % ${TIME_BLOCK} = 0 THEN earliest_millis <> earliest OR latest_millis <> latest
       ELSE earliest_millis > earliest OR latest_millis < latest END
     LIMIT 1`,
    "its summary of times does not match the block of entries that begins with the entry",
  ],
  [
    `${LEVELS} SELECT number * coalesce(width, 1) AS sequence
     FROM tree, subtree LEFT JOIN level USING (height)
     WHERE width IS NULL OR number < 0 OR (number + 1) * width > size LIMIT 1`,
    "it keeps a node of the Merkle tree that its entries do not have, at the entry",
  ],
  [
    `${LEVELS} SELECT found * width AS sequence FROM tree, (SELECT width, count(number) AS found
       FROM level LEFT JOIN subtree USING (height) GROUP BY height)
     WHERE found < size / width LIMIT 1`,
    "it lacks nodes of the Merkle tree, so that entries cannot be proven; it has those before " +
      "the entry",
  ],
];

/**
 * Says what is wrong with the tables that no line and no checkpoint speaks for, and with the pages
 * and indexes of the file.
 */
export function tableProblems(database: DatabaseSync): string[] {
  const problems = CHECKS.flatMap(([sql, problem]) => {
    const row = database.prepare(`SELECT CAST(sequence AS TEXT) AS sequence FROM (${sql})`).get();
    return row === undefined ? [] : [`${problem} ${row["sequence"]}`];
  });
  // `quick_check` does not look into indexes, and queries rely on them.
  const found = database.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
  return found === "ok" ? problems : [...problems, `SQLite finds: ${found}`];
}
