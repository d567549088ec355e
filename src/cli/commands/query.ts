import type { AuditEntry } from "../../entry/audit-entry.js";
import { DEFAULT_LIMIT } from "../../query/audit-query.js";
import { counted } from "../../text/safe-text.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { naturalOf } from "../input/flag-values.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { QUERY_FLAGS, queryOf, spellingHints, withWholeIds } from "../input/query-flags.js";
import { type EntryQuery, type EntryReader, entryPages, upToNow } from "../input/source.js";
import {
  ENTRY_FORMAT_FLAG,
  entryFormatOf,
  entryPrinter,
  WIDE_FLAG,
} from "../output/entry-table.js";
import { EXIT } from "../output/exit-code.js";
import { Progress, send } from "../output/send.js";

/** `quorumlog query`: entries as a table or as JSON. */
export const query: Command = defineCommand({
  name: "query",
  about: "Shows the entries that meet all conditions",
  operands: ["[SOURCE]"],
  flags: {
    ...QUERY_FLAGS,
    order: {
      type: "string",
      value: "ORDER",
      about: "newest or oldest first, by sequence; default newest",
    },
    limit: {
      type: "string",
      short: "n",
      value: "COUNT",
      about: `at most this many entries; default ${DEFAULT_LIMIT}`,
    },
    all: { type: "boolean", about: "all of them, without a limit" },
    format: ENTRY_FORMAT_FLAG,
    wide: WIDE_FLAG,
    ...SOURCE_FLAGS,
  },
  details: [
    "An id can be given by its end, as a table shows it: alice for did:pqaid:alice. If several ids end",
    "in it, the command lists them. A column that is given twice has any of the values.",
    "",
    "On a terminal, rows fit its width: ids show their last part, long texts are cut. In a pipe, and",
    "with --wide, every value is whole. With --json, each line is an entry as audit.entries() returns it.",
    "",
    ...SOURCE_DETAILS,
  ],
  examples: [
    {
      line: "quorumlog query governance.db --actor eve --since 2h",
      about: "what eve did in the last two hours",
    },
    {
      line: "quorumlog query governance.db --operation vote_cast --decision reject --order oldest --all",
      about: "every vote against, the oldest first",
    },
    {
      line: "quorumlog query governance.db --subject medical-ai-v2 --limit 1 --json",
      about: "the latest entry about a model, for a program",
    },
  ],
  run(args, io) {
    const { flags, json } = args;
    if (flags.all && flags.limit !== undefined)
      throw new UsageError("--all and --limit exclude each other");
    const order = orderOf(flags.order);
    const asked = naturalOf(flags.limit, "limit");
    const limit = flags.all ? Number.POSITIVE_INFINITY : (asked ?? DEFAULT_LIMIT);
    const format = entryFormatOf(flags, json);
    const wanted = { ...queryOf(flags, io.now()), order };
    return withSource(args, io, async (source) => {
      const reader = await source.reader();
      const query = upToNow(source, await withWholeIds(source, wanted, io));
      const print = await entryPrinter(format, source, io, flags.wide);
      const progress = new Progress(io);
      let last: AuditEntry | undefined;
      async function* pieces(): AsyncGenerator<string, void, undefined> {
        for await (const entries of entryPages(reader, query, limit)) {
          progress.add(entries.length);
          last = entries.at(-1) ?? last;
          yield* print(entries);
        }
      }
      await send(pieces(), io.stdout, io, progress);
      if (limit > 0) await io.stderr.write(await spellingHints(source, query, last !== undefined));
      if (last === undefined) {
        if (limit > 0) await io.stderr.write("no entry meets the conditions\n");
      } else if (asked === undefined && (await hasMore(reader, query, last.sequence)))
        await io.stderr.write(moreAfter(last.sequence, order));
      return EXIT.done;
    });
  },
});

function orderOf(text = "newest"): "newest" | "oldest" {
  if (text === "newest" || text === "oldest") return text;
  throw new UsageError(`--order "${text}" is neither newest nor oldest`);
}

async function hasMore(reader: EntryReader, query: EntryQuery, last: number): Promise<boolean> {
  const cursor = query.order === "oldest" ? { after: last } : { before: last };
  for await (const page of entryPages(reader, { ...query, ...cursor }, 1)) return page.length > 0;
  return false;
}

function moreAfter(last: number, order: "newest" | "oldest"): string {
  const next = order === "oldest" ? `--after ${last}` : `--before ${last}`;
  return (
    `there are more than ${counted(DEFAULT_LIMIT, "entry", "entries")}: go on with ` +
    `${next}, or use --limit or --all\n`
  );
}
