import { resolve } from "node:path";
import type { Checkpoint } from "../../integrity/checkpoint.js";
import { visible } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { type ExportEnd, type Exported, journalExport } from "../input/export-source.js";
import { readJournal } from "../input/journals.js";
import { lokiExport } from "../input/loki-export.js";
import { LOKI_DETAILS, LOKI_FLAGS, lokiOf } from "../input/loki-flags.js";
import { QUERY_FLAGS, queryOf } from "../input/query-flags.js";
import type { CommandIo, TextSink } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";
import { whichCheckpoints, writeExport } from "../output/export-checkpoints.js";
import { EXPORT_FORMATS, type ExportFormat } from "../output/export-format.js";
import { Progress } from "../output/progress.js";
import { jsonLine, send } from "../output/send.js";

const CHOSEN =
  "these are not all lines of the log, and cannot be verified; quorumlog prove makes evidence of chosen entries";

/** `quorumlog export`: all entries, or those of a query, for other programs. */
export const exportCommand: Command = defineCommand({
  name: "export",
  about: "Writes entries as JSON, NDJSON or CSV, the oldest first",
  operands: ["[JOURNAL]"],
  flags: {
    format: { type: "string", value: "FORMAT", about: "json, ndjson or csv" },
    out: {
      type: "string",
      short: "o",
      value: "FILE",
      about: "into a file, which is there when it is whole",
    },
    force: { type: "boolean", about: "replace the files" },
    checkpoints: {
      type: "string",
      value: "WHICH",
      about: "beside ndjson: newest, unless given, or all",
    },
    ...QUERY_FLAGS,
    ...LOKI_FLAGS,
  },
  details: [
    "ndjson: canonical lines, the form that can be verified; without conditions, the whole log, with its",
    "        newest checkpoint beside it in FILE.checkpoint, which quorumlog verify FILE takes.",
    "json:   one array, as exportJson() of the log gives it.",
    "csv:    RFC 4180; what a spreadsheet could take for a formula begins with one apostrophe more.",
    "",
    "A terminal gets characters that it would act on, or that nobody sees, in their \\u form;",
    "a file or a pipe gets every byte as it is.",
    ...LOKI_DETAILS,
  ],
  examples: [
    {
      line: "quorumlog export governance.db --format ndjson --out governance.ndjson",
      about: "the whole log",
    },
    {
      line: "quorumlog export governance.db --format csv --since 2026-04-01 --until 2026-05-01",
      about: "one month for a spreadsheet",
    },
  ],
  run(args, io) {
    const {
      operands: [path = ""],
      flags,
      json,
    } = args;
    const loki = lokiOf(args, "JOURNAL", io);
    const format = formatOf(flags.format);
    const { out, force = false } = flags;
    if (out === undefined && force) throw new UsageError("--force goes with --out");
    if (out === undefined && json)
      throw new UsageError("--json goes with --out; the export itself is made by --format");
    const which = whichCheckpoints(flags);
    const query = queryOf(flags, io.now());
    const isWhole = Object.values(query).every((condition) => condition === undefined);
    const progress = new Progress(io, out !== undefined);
    const work = async ({ source, end }: Exported): Promise<number> => {
      const show = out === undefined && io.stdout.isTerminal ? visible : (text: string) => text;
      let ended: ExportEnd = { checkpoints: [], remarks: [] };
      const write = async (to: TextSink): Promise<void> => {
        await send(format(source, show), to, io, progress);
        ended = end();
      };
      if (out === undefined) {
        await write(io.stdout);
        // exportJson() ends without one
        if (flags.format === "json" && io.stdout.isTerminal) await io.stdout.write("\n");
      } else {
        const file = resolve(io.cwd, out);
        const beside = which === "none" ? undefined : `${file}.checkpoint`;
        await writeExport({ path: file, write }, beside, () => ended.checkpoints, force);
        await report(
          { file, entries: progress.count, beside, newest: ended.checkpoints.at(-1) },
          json,
          io,
        );
      }
      const remarks = flags.format === "ndjson" && !isWhole ? [CHOSEN] : ended.remarks;
      for (const remark of remarks) await io.stderr.write(`${remark}\n`);
      return EXIT.done;
    };
    const asked = isWhole ? undefined : query;
    if (loki !== undefined) return work(lokiExport(loki, asked, which, progress));
    return readJournal(path, io, (journal) => work(journalExport(journal, asked, which, progress)));
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
  await io.stderr.write(visible(`${entries} entries written to ${file}`).concat("\n"));
  if (checkpoint !== undefined)
    await io.stderr.write(
      visible(`the checkpoint over ${checkpoint.size} written to ${beside}`).concat("\n"),
    );
  else if (beside !== undefined)
    await io.stderr.write("no checkpoint is written with it: it cannot be verified on its own\n");
}
