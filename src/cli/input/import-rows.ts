import { isUtf8 } from "node:buffer";
import { resolve } from "node:path";
import type { AuditEntry } from "../../entry/audit-entry.js";
import { type AuditEvent, type ValidEvent, validateEvent } from "../../entry/audit-event.js";
import { COLUMNS } from "../../entry/columns.js";
import { isObject, type JsonObject, type JsonValue } from "../../entry/json.js";
import { readEntry } from "../../entry/line.js";
import { isLogOperation } from "../../entry/operations.js";
import { sealEntry } from "../../entry/seal.js";
import { rfc3339Millis } from "../../entry/timestamp.js";
import { uuidOfHash } from "../../entry/uuid.js";
import { AuditError, invalidEntry, invalidEvidence, reasonOf } from "../../errors.js";
import { blocksOf } from "../../integrity/evidence.js";
import type { IMPORTED_DETAILS } from "../../semconv.js";
import { quoted } from "../../text/safe-text.js";
import { ndjsonSource } from "../../verify/ndjson-source.js";
import type { CommandIo } from "./command.js";
import { bytesWithin, chunks, headOf, openFile } from "./given-file.js";

/** The most that is read of an array, which is held in memory as a whole. */
const MAX_ARRAY_BYTES = 64 * 1024 * 1024;

/** What the rows of an array are from if nobody says. */
const UNNAMED = "unnamed";

/** A part of every id. To change it, or what a row becomes, would import all rows again. */
const IDS = "quorumlog import 1";

/** One row of a file, as it is to be recorded. */
export interface ImportRow {
  /** From 1 on. */
  readonly number: number;
  /** The log that the row is of. */
  readonly log: string;
  /** Always the same for the same row. */
  readonly id: string;
  readonly event: AuditEvent;
  /** The event, checked. */
  readonly valid: ValidEvent;
}

/** A file of rows. */
export interface ImportFile {
  readonly path: string;
  /** What `--from-log` says. */
  readonly fromLog: string | undefined;
}

/**
 * The rows of a file: an array as `export_json` of the reference implementation and `exportJson`
 * write it, which is read as a whole, or an export as NDJSON, which is not. Throws `invalid_entry`
 * with the number of a bad row, `invalid_evidence`.
 */
export async function* importRows(
  { path, fromLog }: ImportFile,
  io: CommandIo,
): AsyncGenerator<ImportRow, void, undefined> {
  const file = await openFile(resolve(io.cwd, path), true);
  try {
    const head = await headOf(file);
    const bytes = chunks(head, file, io);
    const start = head.toString("latin1");
    if (/^(?:\xef\xbb\xbf)?\s*\[/.test(start)) yield* rowsOfArray(bytes, fromLog ?? UNNAMED);
    else if (start.startsWith("{")) yield* rowsOfLines(bytes, fromLog);
    else if (start.startsWith("SQLite format 3\0"))
      throw invalidEvidence("it is a journal; quorumlog export --format ndjson makes lines of it");
    else throw invalidEvidence("it is neither an export as NDJSON nor an array as exportJson()");
  } finally {
    await file.close();
  }
}

async function* rowsOfArray(
  bytes: AsyncIterable<Buffer>,
  log: string,
): AsyncGenerator<ImportRow, void, undefined> {
  const rows = arrayIn(await bytesWithin(bytes, "the array", MAX_ARRAY_BYTES));
  const seen = new Map<string, number>();
  for (const [index, row] of rows.entries())
    yield numbered(index + 1, () => {
      const event = eventOf(row, { imported_log: log });
      const valid = validateEvent(event, "any");
      const hash = hashOf(valid, 0);
      const before = seen.get(hash) ?? 0;
      seen.set(hash, before + 1);
      const id = uuidOfHash(before === 0 ? hash : hashOf(valid, before));
      return { log, id, event, valid };
    });
}

function arrayIn(bytes: Buffer): readonly unknown[] {
  try {
    // not fatal for a byte order mark, which it removes
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidEvidence(`it is not JSON: ${(cause as Error).message}`);
  }
}

/** A line names its log and its sequence, so two that are equal are the same entry. */
async function* rowsOfLines(
  bytes: AsyncIterable<Buffer>,
  fromLog: string | undefined,
): AsyncGenerator<ImportRow, void, undefined> {
  let number = 0;
  for await (const block of blocksOf(ndjsonSource(bytes)))
    for (const item of block) {
      if (item.kind !== "line") continue;
      number++;
      yield numbered(number, () => {
        const { entry, log } = entryIn(item.line);
        if (fromLog !== undefined && log !== fromLog)
          throw invalidEntry("log", `it is of the log ${quoted(log)}, not of "${fromLog}"`);
        const event = eventOf(rowOf(entry), {
          imported_log: log,
          imported_sequence: entry.sequence,
          imported_leaf_hash: entry.leafHash,
        });
        const valid = validateEvent(event, "any");
        return { log, id: uuidOfHash(hashOf(valid, 0)), event, valid };
      });
    }
}

function entryIn(line: string | Uint8Array): { readonly entry: AuditEntry; readonly log: string } {
  const isText = typeof line === "string" || isUtf8(line);
  const found = isText ? readEntry(line.toString()) : undefined;
  if (found === undefined)
    throw invalidEntry("line", "it is not a line that a log writes; quorumlog verify says more");
  return found;
}

function rowOf(entry: AuditEntry): object {
  const columns = COLUMNS.map(({ name, key }) => [key, entry[name]] as const);
  return { timestamp: entry.timestamp, ...Object.fromEntries(columns), details: entry.details };
}

/** Names the row in what its reading throws. */
function numbered(number: number, read: () => Omit<ImportRow, "number">): ImportRow {
  try {
    return { number, ...read() };
  } catch (error) {
    throw error instanceof AuditError ? badRow(number, error) : error;
  }
}

/** The refusal of a row, which names its key as the file does. */
export function badRow(number: number, error: AuditError): AuditError {
  const field = COLUMNS.find(({ name }) => name === error.field)?.key ?? error.field ?? "row";
  return invalidEntry(`row ${number}: ${field}`, reasonOf(error), error);
}

const COLUMN_OF_KEY: ReadonlyMap<string, string> = new Map(
  COLUMNS.map(({ key, name }) => [key, name]),
);

type ImportedDetails = { readonly [Key in keyof typeof IMPORTED_DETAILS]?: JsonValue };

/** The event of a row with the keys of `export_json`. */
function eventOf(row: unknown, imported: ImportedDetails): AuditEvent {
  if (!isObject(row)) throw invalidEntry("row", "expected an object");
  const { timestamp, details, ...columns } = row;
  const { time, isFiner } = momentOf(timestamp);
  const event: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(columns)) {
    const name = COLUMN_OF_KEY.get(key);
    if (name === undefined) throw invalidEntry(key, "a row has no such key");
    // what another log held or pruned must not speak for this one
    event[name] = isLogOperation(value) ? `imported_${value}` : value;
  }
  event["timestamp"] = time;
  event["details"] = {
    ...ownDetails(details ?? {}),
    ...imported,
    ...(isFiner && { imported_timestamp: timestamp }),
  };
  return event as unknown as AuditEvent;
}

/** The details of the row, out of the way of those that the import adds. */
function ownDetails(details: unknown): JsonObject {
  if (!isObject(details)) throw invalidEntry("details", "expected an object");
  const members = Object.entries(details).map(([key, value]) => [
    key.startsWith("imported_") ? `imported_${key}` : key,
    value,
  ]);
  return Object.fromEntries(members);
}

function momentOf(text: unknown): { readonly time: Date; readonly isFiner: boolean } {
  const millis = typeof text === "string" ? rfc3339Millis(text) : undefined;
  if (millis === undefined)
    throw invalidEntry("timestamp", "expected RFC 3339, such as 2026-04-14T12:00:00.000Z");
  return { time: new Date(millis), isFiner: /\.\d{3}\d*[1-9]/.test(text as string) };
}

/**
 * A hash of what is recorded of a row, without the log that it is recorded in.
 *
 * @param before - How many equal rows stood before it in the file.
 */
function hashOf(valid: ValidEvent, before: number): string {
  const seal = { log: IDS, sequence: before, id: "", traceId: undefined, spanId: undefined };
  return sealEntry(valid, { ...seal, recordedMillis: valid.timestampMillis ?? 0 }).entry.leafHash;
}
