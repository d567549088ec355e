import type { DatabaseSync } from "node:sqlite";
import { type Checkpoint, parseCheckpoint } from "../integrity/checkpoint.js";
import { TIME_BLOCK } from "./schema.js";

/** What a query relies on beside the entries; each answers the first place where it is not what the entries say. */
const CHECKS: readonly (readonly [sql: string, problem: string])[] = [
  [
    `SELECT pruned_before AS place FROM pruning WHERE pruned_before = (SELECT max(pruned_before) FROM pruning)
       AND pruned_before IS NOT (SELECT max(sequence) + 1 FROM pruned_leaf)`,
    "the pruning that it notes is not the one of its leaf hashes; what was pruned ends before",
  ],
  [
    `SELECT number * ${TIME_BLOCK} AS place FROM
       (SELECT sequence / ${TIME_BLOCK} AS number, min(timestamp_millis) AS earliest, max(timestamp_millis) AS latest,
         max(sequence) AS last FROM entry GROUP BY 1)
       LEFT JOIN time_block ON block = number
     WHERE last % ${TIME_BLOCK} = ${TIME_BLOCK - 1}
       AND (block IS NULL OR earliest_millis > earliest OR latest_millis < latest) LIMIT 1`,
    "its summary of times does not hold for the entries from this one on",
  ],
  [
    `SELECT sequence AS place FROM
       (SELECT sequence, recorded_nanos - lag(recorded_nanos) OVER (ORDER BY sequence) AS rise FROM entry)
     WHERE rise <= 0 LIMIT 1`,
    "its times of recording do not rise at the entry",
  ],
];

/** What is wrong with the tables that answer queries and retention, which no line and no checkpoint shows. */
export function tableProblems(database: DatabaseSync): string[] {
  return CHECKS.flatMap(([sql, problem]) => {
    const row = database.prepare(sql).get();
    return row === undefined ? [] : [`${problem} ${row["place"]}`];
  });
}

/** What is wrong with the columns of a checkpoint: they must say what its note says. */
export function checkpointProblem({ size, rootHash, note }: Checkpoint): string | undefined {
  let signed: Checkpoint;
  try {
    signed = parseCheckpoint(note);
  } catch {
    return undefined; // the verifier says what that is
  }
  if (signed.size === size && signed.rootHash === rootHash) return undefined;
  return `its columns do not say what the checkpoint over ${signed.size} says`;
}
