import type { AuditEntry } from "../../entry/audit-entry.js";
import { type AuditQuery, DEFAULT_LIMIT } from "../../query/audit-query.js";
import { type Command, defineCommand, UsageError } from "../input/command.js";
import { entryPages, type PagedEntries } from "../input/entry-pages.js";
import { readJournal } from "../input/journals.js";
import { LOKI_DETAILS, LOKI_FLAGS, lokiOf } from "../input/loki-flags.js";
import { naturalOf, QUERY_FLAGS, queryOf } from "../input/query-flags.js";
import { entryTable } from "../output/entry-table.js";
import { EXIT } from "../output/exit-code.js";
import { Progress } from "../output/progress.js";
import { jsonLine, send } from "../output/send.js";

/** `quorumlog query`: entries as a table or as JSON. */
export const query: Command = defineCommand({
  name: "query",
  about: "Shows the entries that meet all conditions",
  operands: ["[JOURNAL]"],
  flags: {
    ...QUERY_FLAGS,
    order: {
      type: "string",
      value: "ORDER",
      about: "newest or oldest first, by sequence; newest unless given",
    },
    limit: {
      type: "string",
      short: "n",
      value: "COUNT",
      about: `so many at the most; ${DEFAULT_LIMIT} unless given`,
    },
    all: { type: "boolean", about: "as many as there are" },
    ...LOKI_FLAGS,
  },
  details: [
    "On a terminal, rows fit its width: ids are shortened to their last part, long texts cut. In a pipe,",
    "every value is whole. With --json, each line is an entry as audit.entries() returns it.",
    ...LOKI_DETAILS,
  ],
  examples: [
    {
      line: "quorumlog query governance.db --actor did:pqaid:eve --since 2h",
      about: "what eve did lately",
    },
    {
      line: "quorumlog query governance.db --operation vote_cast --decision reject --order oldest --all",
      about: "every vote against, from the first on",
    },
    {
      line: "quorumlog query governance.db --subject did:pqaid:medical-ai-v2 --limit 1 --json",
      about: "the last word on a model, for a program",
    },
  ],
  run(args, io) {
    const {
      operands: [path = ""],
      flags,
      json,
    } = args;
    const loki = lokiOf(args, "JOURNAL", io);
    if (flags.all && flags.limit !== undefined)
      throw new UsageError("--all and --limit exclude each other");
    const order = orderOf(flags.order);
    const asked = naturalOf(flags.limit, "limit");
    const limit = flags.all ? Number.POSITIVE_INFINITY : (asked ?? DEFAULT_LIMIT);
    const wanted = { ...queryOf(flags, io.now()), order };
    const show = async (from: PagedEntries, bounded: AuditQuery): Promise<number> => {
      const table = entryTable(io);
      const progress = new Progress(io);
      let last: AuditEntry | undefined;
      async function* pieces(): AsyncGenerator<string, void, undefined> {
        for await (const entries of entryPages(from, bounded, limit)) {
          progress.add(entries.length);
          last = entries.at(-1) ?? last;
          yield* json ? entries.map(jsonLine) : table.lines(entries);
        }
      }
      await send(pieces(), io.stdout, io, progress);
      if (last === undefined && limit > 0) await io.stderr.write("no entry meets the conditions\n");
      else if (
        last !== undefined &&
        asked === undefined &&
        (await hasMore(from, bounded, last.sequence))
      )
        await io.stderr.write(moreAfter(last.sequence, order));
      return EXIT.done;
    };
    if (loki !== undefined) return show(loki, wanted);
    return readJournal(path, io, (journal) => {
      const before = Math.min(wanted.before ?? journal.length, journal.length);
      return show(journal, { ...wanted, before });
    });
  },
});

function orderOf(text = "newest"): "newest" | "oldest" {
  if (text === "newest" || text === "oldest") return text;
  throw new UsageError(`--order "${text}" is neither newest nor oldest`);
}

async function hasMore(from: PagedEntries, query: AuditQuery, last: number): Promise<boolean> {
  const cursor = query.order === "oldest" ? { after: last } : { before: last };
  return (await from.page({ ...query, ...cursor, limit: 1 })).entries.length > 0;
}

function moreAfter(last: number, order: "newest" | "oldest"): string {
  const next = order === "oldest" ? `--after ${last}` : `--before ${last}`;
  return `there are more than ${DEFAULT_LIMIT}: go on with ${next}, or ask for them with --limit or --all\n`;
}
