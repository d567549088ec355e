import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import { withoutLinks } from "../../journal/file/new-file.js";
import { counted, visible } from "../../text/safe-text.js";
import {
  type Command,
  type CommandIo,
  defineCommand,
  type TextSink,
  UsageError,
} from "../input/command.js";
import {
  chosenExport,
  EXPORT_FORMATS,
  type ExportEnd,
  type ExportFormat,
  type WhichCheckpoints,
  wholeExport,
} from "../input/exported.js";
import { naturalOf } from "../input/flag-values.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { QUERY_FLAGS, queryOf, spellingHints, withWholeIds } from "../input/query-flags.js";
import { isPartial, upToNow } from "../input/source.js";
import { EXIT } from "../output/exit-code.js";
import {
  assertFree,
  fileOf,
  type NewFile,
  type Replacing,
  replacingOf,
  writeNewFiles,
} from "../output/new-files.js";
import { jsonLine, Progress, send } from "../output/send.js";

/** `quorumlog export`: all entries, or those of a query, for other programs. */
export const exportCommand: Command = defineCommand({
  name: "export",
  about: "Writes entries as JSON, NDJSON or CSV, the oldest first",
  operands: ["[SOURCE]"],
  flags: {
    format: { type: "string", value: "FORMAT", about: "json, ndjson or csv" },
    out: {
      type: "string",
      short: "o",
      value: "FILE",
      about: "into a file, which appears when it is complete; - is stdout",
    },
    force: { type: "boolean", about: "replace the files" },
    checkpoints: {
      type: "string",
      value: "WHICH",
      about: "beside ndjson: newest or all; default newest",
    },
    ...QUERY_FLAGS,
    limit: {
      type: "string",
      short: "n",
      value: "COUNT",
      about: "at most this many entries, the oldest of them; default all",
    },
    ...SOURCE_FLAGS,
  },
  details: [
    "ndjson: canonical lines, the form that can be verified. Without conditions, this is the whole log,",
    "        with its newest checkpoint in FILE.checkpoint, which quorumlog verify FILE reads too.",
    "json:   one array, as exportJson() of the log makes it.",
    "csv:    RFC 4180. A value that a spreadsheet could take for a formula gets an apostrophe in front.",
    "",
    "On a terminal, characters that it would act on, or that nobody can see, are shown in their \\u form.",
    "A file or a pipe gets every byte as it is.",
    "",
    ...SOURCE_DETAILS,
  ],
  examples: [
    {
      line: "quorumlog export governance.db --format ndjson --out governance.ndjson",
      about: "all lines of the log",
    },
    {
      line: "quorumlog export governance.db --format csv --since 2026-04-01 --until 2026-05-01",
      about: "one month for a spreadsheet",
    },
  ],
  run(args, io) {
    const { flags, json } = args;
    const format = formatOf(flags.format);
    const { force = false } = flags;
    const out = fileOf(flags.out);
    if (out === undefined && force) throw new UsageError("--force goes with --out");
    if (out === undefined && json)
      throw new UsageError("--json goes with --out; --format says how the export is written");
    const which = whichCheckpoints(flags);
    const wanted = queryOf(flags, io.now());
    const limit = naturalOf(flags.limit, "limit") ?? Number.POSITIVE_INFINITY;
    const isWhole =
      flags.limit === undefined && Object.values(wanted).every((value) => value === undefined);
    const progress = new Progress(io, out !== undefined);
    return withSource(args, io, async (source) => {
      const reader = await source.reader();
      const query = upToNow(source, await withWholeIds(source, wanted, io));
      const exported =
        isWhole && !isPartial(source)
          ? await wholeExport(source, reader, which, progress)
          : chosenExport(source, reader, query, limit, progress);
      const show = out === undefined && io.stdout.isTerminal ? visible : (text: string) => text;
      let end: ExportEnd = { checkpoints: [], remarks: [] };
      const write = async (to: TextSink): Promise<void> => {
        await send(format(exported, show), to, io, progress);
        end = exported.end();
      };
      if (out === undefined) {
        await write(io.stdout);
        // exportJson() ends without a line end
        if (flags.format === "json" && io.stdout.isTerminal) await io.stdout.write("\n");
      } else {
        const named = resolve(io.cwd, out);
        const replacing = replacingOf(args, io.cwd);
        assertFree(named, replacing);
        const file = withoutLinks(named);
        const beside = which === "none" ? undefined : `${file}.checkpoint`;
        await writeExport({ path: file, write }, beside, () => end.checkpoints, replacing);
        const newest = end.checkpoints.at(-1);
        await report({ file, entries: progress.count, beside, newest }, json, io);
      }
      if (limit > 0) await io.stderr.write(await spellingHints(source, query, progress.count > 0));
      for (const remark of end.remarks) await io.stderr.write(`${visible(remark)}\n`);
      return EXIT.done;
    });
  },
});

function formatOf(name: string | undefined): ExportFormat {
  const format = EXPORT_FORMATS.get(name ?? "");
  if (format !== undefined) return format;
  const names = [...EXPORT_FORMATS.keys()].join(", ");
  throw new UsageError(
    name === undefined ? `--format is missing: ${names}` : `--format "${name}" is none of ${names}`,
  );
}

/** Reads the flag. Throws `UsageError`. */
function whichCheckpoints(flags: {
  readonly format?: string | undefined;
  readonly out?: string | undefined;
  readonly checkpoints?: string | undefined;
}): WhichCheckpoints {
  const { checkpoints = "newest" } = flags;
  const isBeside = flags.format === "ndjson" && fileOf(flags.out) !== undefined;
  if (flags.checkpoints !== undefined && !isBeside)
    throw new UsageError("--checkpoints goes with --format ndjson --out FILE");
  if (checkpoints !== "newest" && checkpoints !== "all")
    throw new UsageError(`--checkpoints "${checkpoints}" is neither newest nor all`);
  return isBeside ? checkpoints : "none";
}

/**
 * Writes an export with its checkpoints, both or neither. If an earlier export left a file of
 * checkpoints, it is removed too: it would contradict this export.
 *
 * @param beside - Where the checkpoints go, if any can.
 * @param checkpoints - Asked when the export is written.
 */
async function writeExport(
  file: NewFile,
  beside: string | undefined,
  checkpoints: () => readonly Checkpoint[],
  replacing: Replacing,
): Promise<void> {
  if (beside === undefined) return writeNewFiles([file], replacing);
  assertFree(beside, replacing);
  const notes = (): string =>
    checkpoints()
      .map(({ note }) => note)
      .join("\n");
  const isWanted = (): boolean => notes() !== "";
  await writeNewFiles(
    [file, { path: beside, isWanted, write: (to) => to.write(notes()) }],
    replacing,
  );
  if (!isWanted() && replacing.replace) await rm(withoutLinks(beside), { force: true });
}

interface Written {
  readonly file: string;
  readonly entries: number;
  /** Where checkpoints are, or would be. */
  readonly beside: string | undefined;
  readonly newest: Checkpoint | undefined;
}

async function report(
  { file, entries, beside, newest }: Written,
  json: boolean,
  io: CommandIo,
): Promise<void> {
  const checkpoint = newest && { file: beside, size: newest.size };
  if (json) return io.stdout.write(jsonLine({ file, entries, checkpoint }));
  await io.stderr.write(
    visible(`${counted(entries, "entry", "entries")} written to ${file}`).concat("\n"),
  );
  if (checkpoint !== undefined)
    await io.stderr.write(
      visible(
        `its checkpoint, which covers ${counted(checkpoint.size, "entry", "entries")}, written ` +
          `to ${beside}`,
      ).concat("\n"),
    );
  else if (beside !== undefined)
    await io.stderr.write(
      "no checkpoint is written with it, so it cannot be verified on its own\n",
    );
}
