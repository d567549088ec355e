import type { AuditEntry } from "../../entry/audit-entry.js";
import { visible } from "../../text/safe-text.js";
import { UsageError } from "../input/command.js";
import { lineOf } from "../input/exported.js";
import type { Source } from "../input/source.js";
import { type CommandIo, jsonLine } from "./command-io.js";
import { entryTable } from "./entry-table.js";

/** The flag of a command that shows entries for programs. */
export const ENTRY_FORMAT_FLAG = {
  type: "string",
  value: "FORMAT",
  about: "ndjson: canonical lines, as export writes them; json: the same as --json",
} as const;

/** How entries are shown. */
export type EntryFormat = "table" | "json" | "ndjson";

/** Reads the flag. Throws `UsageError`. */
export function entryFormatOf(
  { format, wide }: { readonly format?: string | undefined; readonly wide?: boolean | undefined },
  json: boolean,
): EntryFormat {
  if (format === undefined) return json ? "json" : "table";
  if (format !== "json" && format !== "ndjson")
    throw new UsageError(`--format "${format}" is none of json, ndjson`);
  if (wide) throw new UsageError("--wide goes with a table, not with --format");
  return format;
}

/** Makes the pieces that show entries, page after page. */
export async function entryPrinter(
  format: EntryFormat,
  source: Source,
  io: CommandIo,
  wide?: boolean,
): Promise<(entries: readonly AuditEntry[]) => Iterable<string>> {
  if (format === "json") return (entries) => entries.map(jsonLine);
  if (format === "table") {
    const table = entryTable(io, wide);
    return (entries) => table.lines(entries);
  }
  const logId = (await source.logId()) ?? "";
  const show = io.stdout.isTerminal ? visible : (line: string) => line;
  return (entries) => entries.map((entry) => `${show(lineOf(entry, logId))}\n`);
}
