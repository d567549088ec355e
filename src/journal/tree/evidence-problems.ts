import type { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "../../entry/columns.js";
import { parseObject } from "../../entry/json.js";
import { isLineOf } from "../../entry/line.js";
import { formatTimestamp } from "../../entry/timestamp.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import { counted } from "../../text/safe-text.js";
import type { EvidenceRow } from "../entries/entry-table.js";
import { TIME_BLOCK } from "../file/schema.js";

/**
 * Says where the columns of a row differ from its line. Queries find a row by its columns, so each
 * must say what the line says. Undefined when all do.
 *
 * @param log - The log id.
 */
export function rowProblem(row: EvidenceRow, log: string): string | undefined {
  const timestamp = timestampOf(row);
  if (isLineOf(row.text, log, timestamp, row)) return undefined;
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
  return Number.isNaN(new Date(timestampMillis).getTime())
    ? undefined
    : formatTimestamp(timestampMillis);
}

/** Says where the columns of a checkpoint differ from its note. */
export function checkpointProblem({ size, rootHash, note }: Checkpoint): string | undefined {
  let signed: Checkpoint;
  try {
    signed = parseCheckpoint(note);
  } catch {
    return undefined; // the verifier reports it
  }
  if (signed.size === size && signed.rootHash === rootHash) return undefined;
  const covered = counted(signed.size, "entry", "entries");
  return `its columns do not say what the checkpoint of ${covered} says`;
}

/**
 * The tables that queries and retention rely on beside the entries. Each check finds the first
 * sequence at which a table does not say what the entries say.
 */
const CHECKS: readonly (readonly [sql: string, problem: string])[] = [
  [
    `SELECT pruned_before AS sequence FROM pruning
     WHERE pruned_before = (SELECT max(pruned_before) FROM pruning)
       AND pruned_before IS NOT (SELECT max(sequence) + 1 FROM pruned_leaf)`,
    "its record of the last pruning does not match the leaf hashes that it has kept; the record " +
      "ends before the entry",
  ],
  [
    `SELECT number * ${TIME_BLOCK} AS sequence FROM
       (SELECT sequence / ${TIME_BLOCK} AS number, min(timestamp_millis) AS earliest,
         max(timestamp_millis) AS latest, max(sequence) AS last FROM entry GROUP BY 1)
       LEFT JOIN time_block ON block = number
     WHERE last % ${TIME_BLOCK} = ${TIME_BLOCK - 1}
       AND (block IS NULL OR earliest_millis > earliest OR latest_millis < latest) LIMIT 1`,
    "its summary of times does not match the block of entries that begins with the entry",
  ],
  [
    `SELECT sequence FROM
       (SELECT sequence, recorded_nanos - lag(recorded_nanos) OVER (ORDER BY sequence) AS rise
        FROM entry)
     WHERE rise <= 0 LIMIT 1`,
    "its times of recording do not rise at the entry",
  ],
];

/** Says what is wrong with the tables that no line and no checkpoint speaks for. */
export function tableProblems(database: DatabaseSync): string[] {
  return CHECKS.flatMap(([sql, problem]) => {
    const row = database.prepare(sql).get();
    return row === undefined ? [] : [`${problem} ${row["sequence"]}`];
  });
}
