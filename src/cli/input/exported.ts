import { type AuditEntry, type EntryFields, exportJson } from "../../entry/audit-entry.js";
import { COLUMNS } from "../../entry/columns.js";
import { canonicalLine, entryOfLine, leafHash, readLine } from "../../entry/line.js";
import { AuditError } from "../../errors.js";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import { csvRecord } from "../../text/csv.js";
import { counted } from "../../text/safe-text.js";
import type { Progress } from "../output/send.js";
import { type EntryQuery, type EntryReader, entryPages, type Source } from "./source.js";

/** Which checkpoints go into a file beside the export. */
export type WhichCheckpoints = "newest" | "all" | "none";

/** What is exported, and what is known of it at the end. */
export interface Exported extends ExportSource {
  /**
   * Called after the last entry. Throws `journal_failed` where entries may be missing that were
   * there at the start.
   */
  end(): ExportEnd;
}

/** What goes with an export. */
export interface ExportEnd {
  /** The checkpoints that go beside it, the smallest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** What the command says about it. */
  readonly remarks: readonly string[];
}

/** All that a source has. An app that goes on writing does not make the export longer. */
export async function wholeExport(
  source: Source,
  reader: EntryReader,
  which: WhichCheckpoints,
  progress: Progress,
): Promise<Exported> {
  // read before the entries, so that none covers more than these
  const checkpoints = await checkpointsOf(source, which);
  const pruned = prunedIn(source);
  let [count, next, isOfLines] = [0, pruned, false];
  async function* passing(): AsyncGenerator<string, void, undefined> {
    for await (const line of reader.lines()) {
      count++;
      if (readLine(line)?.sequence === next) next++;
      progress.add(1);
      yield line;
    }
  }
  return {
    async *entries() {
      for await (const line of passing()) yield entryOfLine(JSON.parse(line), leafHash(line));
    },
    lines() {
      isOfLines = true;
      return passing();
    },
    end() {
      assertNotPruned(source, pruned);
      const remarks: string[] = [];
      const newest = checkpoints.at(-1);
      const isUncovered = source.kind === "loki" && newest !== undefined && newest.size > next;
      if (next - pruned < count) remarks.push(gapRemark(next, source));
      if (isOfLines && pruned > 0)
        remarks.push(
          `${counted(pruned, "entry was", "entries were")} pruned, and the lines cannot be ` +
            "verified without them; quorumlog verify takes the journal",
        );
      if (isUncovered)
        remarks.push(
          `the newest checkpoint covers ${counted(newest.size, "entry", "entries")}, but only ` +
            `${next} could be exported without a gap: it is left out; quorumlog verify --loki ` +
            "says what is missing",
        );
      return { checkpoints: isUncovered ? [] : checkpoints, remarks };
    },
  };
}

/**
 * The entries of a query, or all of a bundle or a proof: not all lines of the log.
 *
 * @param limit - At most so many; Infinity for all.
 */
export function chosenExport(
  source: Source,
  reader: EntryReader,
  query: EntryQuery,
  limit: number,
  progress: Progress,
): Exported {
  const pruned = prunedIn(source);
  const oldestFirst = { ...query, order: "oldest" } as const;
  let isOfLines = false;
  async function* entries(): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const page of entryPages(reader, oldestFirst, limit)) yield* progress.counting(page);
  }
  return {
    entries,
    async *lines() {
      isOfLines = true;
      const logId = (await source.logId()) ?? "";
      for await (const entry of entries()) yield lineOf(entry, logId);
    },
    end() {
      assertNotPruned(source, pruned);
      const remark =
        "these are not all lines of the log, and cannot be verified; quorumlog prove makes " +
        "evidence of chosen entries";
      return { checkpoints: [], remarks: isOfLines ? [remark] : [] };
    },
  };
}

async function checkpointsOf(
  source: Source,
  which: WhichCheckpoints,
): Promise<readonly Checkpoint[]> {
  if (which === "none") return [];
  if (which === "all") return [...(await source.checkpoints())];
  const newest = await source.newestCheckpoint();
  return newest === undefined ? [] : [newest];
}

function prunedIn({ journal }: Source): number {
  return journal?.stats().pruned ?? 0;
}

function assertNotPruned(source: Source, pruned: number): void {
  if (prunedIn(source) !== pruned)
    throw new AuditError(
      "journal_failed",
      "journal: entries were pruned meanwhile; export it again",
    );
}

function gapRemark(sequence: number, { lookbackDays }: Source): string {
  const remark = `entry ${sequence} is missing, so this is not the whole log`;
  return lookbackDays === undefined
    ? remark
    : `${remark}. Loki lacks it, or it was recorded more than ` +
        `${counted(lookbackDays, "day")} ago (--lookback)`;
}

/**
 * The canonical line of an entry. Throws `journal_failed` if it is not what was sealed.
 */
export function lineOf(entry: AuditEntry, logId: string): string {
  const line = canonicalLine(logId, entry);
  if (leafHash(line) === entry.leafHash) return line;
  throw new AuditError(
    "journal_failed",
    `journal: the line of entry ${entry.sequence} is not canonical`,
  );
}

/** The entries to export, oldest first. */
export interface ExportSource {
  entries(): AsyncIterable<AuditEntry>;
  /** Canonical lines. */
  lines(): AsyncIterable<string>;
}

/** Writes an export, piece by piece. `show` is applied to all text from entries. */
export type ExportFormat = (
  source: ExportSource,
  show: (text: string) => string,
) => AsyncIterable<string>;

/** The formats by their name. */
export const EXPORT_FORMATS: ReadonlyMap<string, ExportFormat> = new Map<string, ExportFormat>([
  ["json", json],
  ["ndjson", ndjson],
  ["csv", csv],
]);

/** The columns of CSV. The ones that a spreadsheet sorts by come first, ids come last. */
const CSV_COLUMNS: readonly (readonly [
  name: string,
  value: (entry: EntryFields) => string | undefined,
])[] = [
  ["sequence", ({ sequence }) => String(sequence)],
  ["timestamp", ({ timestamp }) => timestamp],
  ...COLUMNS.map(({ name, key }) => [key, (entry: EntryFields) => entry[name]] as const),
  ["details", canonicalDetails],
  ["recorded_at", ({ recordedAt }) => recordedAt],
  ["id", ({ id }) => id],
  ["trace_id", ({ traceId }) => traceId],
  ["span_id", ({ spanId }) => spanId],
  ["leaf_hash", ({ leafHash }) => leafHash],
];

/** Byte for byte what `exportJson` of a log returns. */
async function* json(
  source: ExportSource,
  show: (text: string) => string,
): AsyncGenerator<string, void, undefined> {
  let before = "[\n";
  for await (const entry of source.entries()) {
    const row = exportJson([entry]).slice("[\n".length, -"\n]".length);
    yield `${before}${row.split("\n").map(show).join("\n")}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]" : "\n]";
}

async function* ndjson(
  source: ExportSource,
  show: (text: string) => string,
): AsyncGenerator<string, void, undefined> {
  for await (const line of source.lines()) yield `${show(line)}\n`;
}

async function* csv(
  source: ExportSource,
  show: (text: string) => string,
): AsyncGenerator<string, void, undefined> {
  yield csvRecord(CSV_COLUMNS.map(([name]) => name));
  for await (const entry of source.entries())
    yield csvRecord(
      CSV_COLUMNS.map(([, value]) => {
        const text = value(entry);
        return text === undefined ? undefined : show(text);
      }),
    );
}

const [BEFORE_DETAILS = "", AFTER_DETAILS = ""] = lineOfDetails({}).split("{}");

/**
 * The details as the canonical line has them. `JSON.stringify` would put keys such as "10" first,
 * whatever their order was.
 */
function canonicalDetails({ details }: EntryFields): string {
  return lineOfDetails(details).slice(BEFORE_DETAILS.length, -AFTER_DETAILS.length);
}

function lineOfDetails(details: EntryFields["details"]): string {
  return canonicalLine("", { sequence: 0, id: "", timestamp: "", operation: "", details });
}
