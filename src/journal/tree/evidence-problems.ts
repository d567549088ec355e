import { COLUMNS } from "../../entry/columns.js";
import type { LineSummary } from "../../entry/line.js";
import { formattedMillis } from "../../entry/timestamp.js";
import { type Checkpoint, parseCheckpoint } from "../../integrity/checkpoint.js";
import type { EvidenceLine } from "../../integrity/evidence.js";
import { risenAbove } from "../../record/sealed-record.js";
import { counted } from "../../text/safe-text.js";
import type { EvidenceRow, HrTime } from "../entries/entry-table.js";
import type { Rows } from "../file/sqlite.js";
import type { CheckpointEvidence } from "./checkpoint-table.js";

/** The place of the first column of a log in an {@link EvidenceRow}. */
export const COLUMNS_AT = 7;

/**
 * A line of a journal, with the row that it stands in. Queries find a row by its columns, and
 * retention by its time of recording, so each must say what the line says.
 */
export class RowLine implements EvidenceLine {
  readonly kind = "line";
  readonly line: string | Uint8Array;
  readonly leafHash: string;
  readonly #row: EvidenceRow;
  readonly #before: HrTime;
  readonly #log: string;

  /**
   * Compares nothing yet.
   *
   * @param line - The whole line of the row.
   * @param before - The time above which it was recorded: see `RecordedTimes`.
   * @param log - The log id.
   */
  constructor(line: string | Uint8Array, row: EvidenceRow, before: HrTime, log: string) {
    this.line = line;
    this.leafHash = row[1];
    this.#row = row;
    this.#before = before;
    this.#log = log;
  }

  /** Says where the row differs from its line. Undefined where it does not. */
  compare(line: LineSummary): string | undefined {
    const row = this.#row;
    const millis = row[6];
    let isFound =
      line.sequence === row[0] &&
      line.log === this.#log &&
      millis === formattedMillis(line.timestamp);
    for (let index = 0; isFound && index < COLUMNS.length; index++)
      isFound = says(row[COLUMNS_AT + index], line.columns[index]);
    if (!isFound) return this.#wrongColumns(line);
    if (Number.isNaN(line.recordedMillis)) return undefined; // the verifier reports the line
    // The time of the line or, where that did not rise, one nanosecond after the row before.
    const [seconds, nanos] = risenAbove(this.#before, line.recordedMillis);
    return row[4] === seconds && row[5] === nanos
      ? undefined
      : "the journal has another time of recording for it than its line";
  }

  #wrongColumns(line: LineSummary): string {
    const [sequence, , , , , , millis, ...columns] = this.#row;
    const wrong = COLUMNS.filter((_, index) => !says(columns[index], line.columns[index])).map(
      ({ key }) => key,
    );
    if (millis !== formattedMillis(line.timestamp)) wrong.push("timestamp_millis");
    if (line.sequence !== sequence) wrong.push("sequence");
    if (line.log !== this.#log) wrong.push("log_id");
    return `the journal finds it by another ${wrong.join(", ")} than its line has`;
  }
}

function says(column: unknown, value: unknown): boolean {
  return column === (value ?? null);
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

/** A clock that falls by less is held up, and times go on. */
const CLOCK_SLACK_MILLIS = 3_600_000;

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
    `SELECT 0 AS sequence FROM (SELECT count(*) AS n FROM log UNION ALL SELECT count(*) FROM owner)
     WHERE n <> 1 LIMIT 1`,
    "it lacks the row that names the log, or the row that names its writer, for entries from",
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
    `SELECT pruned_before AS sequence FROM
       (SELECT *, lag(pruned_before, 1, 0) OVER (ORDER BY pruned_before) AS before,
         CAST(1000 * unixepoch(older_than, 'subsec') AS INTEGER) AS older_millis FROM pruning)
     WHERE first IS NOT before OR first >= pruned_before OR older_millis IS NULL
       OR unixepoch(at) IS NULL OR older_than > at
       OR (SELECT recorded_nanos / 1000000 FROM entry WHERE sequence = pruned_before)
         < older_millis - ${CLOCK_SLACK_MILLIS}
     LIMIT 1`,
    "its record of a pruning contradicts the record before it, itself, or the entries that were " +
      "kept; the record ends before the entry",
  ],
  [
    // An older one behind the newest would be taken for the newest.
    `${LEVELS} SELECT size AS sequence FROM (SELECT checkpoint.size AS covered,
         lag(checkpoint.size, 1, 0) OVER (ORDER BY position) AS before,
         position - row_number() OVER (ORDER BY position) + 1 AS entries FROM checkpoint), tree
     WHERE covered < before OR entries NOT BETWEEN covered AND size LIMIT 1`,
    "it has a checkpoint in the wrong place of the order of delivery, in a log that ends before " +
      "the entry",
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
  [
    // Of a pruned entry, no line is left.
    `SELECT given_id.sequence AS sequence FROM given_id LEFT JOIN entry USING (sequence)
     WHERE NOT json_valid(of_option) OR json_type(of_option) <> 'array' OR CASE
       WHEN entry.sequence IS NULL THEN given_id.sequence < 0
         OR given_id.sequence >= coalesce((SELECT max(pruned_before) FROM pruning), 0)
       WHEN json_valid(CAST(line AS TEXT)) THEN id IS NOT json_extract(CAST(line AS TEXT), '$.id')
       ELSE 1 END
     ORDER BY 1 LIMIT 1`,
    "it knows an id that a caller gave, but not as its entry says it, at entry",
  ],
];

/** `quick_check` does not look into indexes, and queries rely on them. */
const INTEGRITY = "PRAGMA integrity_check(1)";

const firstOf = (sql: string): string => `SELECT CAST(sequence AS TEXT) AS sequence FROM (${sql})`;

/** What {@link tableProblems} asks of the whole file. */
export const TABLE_QUERIES: readonly string[] = [INTEGRITY, ...CHECKS.map(([sql]) => firstOf(sql))];

/**
 * Says what is wrong with the tables that no line and no checkpoint speaks for, and with the pages
 * and indexes of the file.
 *
 * @param rows - Answers the {@link TABLE_QUERIES}.
 */
export async function tableProblems(rows: (query: string) => Promise<Rows>): Promise<string[]> {
  const problems: string[] = [];
  for (const [sql, problem] of CHECKS) {
    const [row] = await rows(firstOf(sql));
    if (row !== undefined) problems.push(`${problem} ${row["sequence"]}`);
  }
  const found = (await rows(INTEGRITY))[0]?.["integrity_check"];
  return found === "ok" ? problems : [...problems, `SQLite finds: ${found}`];
}
