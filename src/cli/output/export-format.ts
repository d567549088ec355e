import { type AuditEntry, type EntryFields, exportJson } from "../../entry/audit-entry.js";
import { COLUMNS } from "../../entry/columns.js";
import { canonicalLine } from "../../entry/line.js";
import { csvRecord } from "../../text/csv.js";

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
