import { setTimeout as delay } from "node:timers/promises";
import type { AuditEntry } from "../../entry/audit-entry.js";
import { type Command, type CommandIo, defineCommand } from "../input/command.js";
import { naturalOf } from "../input/flag-values.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { QUERY_FLAGS, queryOf, spellingHints, withWholeIds } from "../input/query-flags.js";
import {
  cannotAnswer,
  type EntryQuery,
  entryPages,
  type Source,
  type SourceKind,
} from "../input/source.js";
import {
  ENTRY_FORMAT_FLAG,
  entryFormatOf,
  entryPrinter,
  WIDE_FLAG,
} from "../output/entry-table.js";
import { EXIT } from "../output/exit-code.js";
import { send } from "../output/send.js";

const DEFAULT_LINES = 10;

/** How long -f waits between two looks at a source that can grow, in milliseconds. */
const PAUSE_MILLIS: ReadonlyMap<SourceKind, number> = new Map([
  ["journal", 250],
  ["loki", 1000],
]);

/** `quorumlog tail`: the newest entries, and those that come. */
export const tail: Command = defineCommand({
  name: "tail",
  about: "Shows the newest entries, and with -f those that are appended",
  operands: ["[SOURCE]"],
  flags: {
    lines: {
      type: "string",
      short: "n",
      value: "COUNT",
      about: `how many of the newest; default ${DEFAULT_LINES}`,
    },
    follow: { type: "boolean", short: "f", about: "go on until Ctrl-C" },
    ...QUERY_FLAGS,
    format: ENTRY_FORMAT_FLAG,
    wide: WIDE_FLAG,
    ...SOURCE_FLAGS,
  },
  details: [
    "The oldest of them comes first. With --json, each line is an entry as audit.entries() returns it.",
    "-f follows a journal or Loki. A file of evidence does not grow.",
    "",
    ...SOURCE_DETAILS,
  ],
  examples: [
    { line: "quorumlog tail governance.db -f", about: "what the app records, as it does" },
    {
      line: "quorumlog tail governance.db -f -n 0 --operation byzantine_detected --json",
      about: "from now on, each node that votes twice, for a program",
    },
  ],
  run(args, io) {
    const { flags, json } = args;
    const limit = naturalOf(flags.lines, "lines") ?? DEFAULT_LINES;
    const format = entryFormatOf(flags, json);
    const asked = queryOf(flags, io.now());
    return withSource(args, io, async (source) => {
      const pause = PAUSE_MILLIS.get(source.kind);
      if (flags.follow && pause === undefined)
        throw cannotAnswer("tail -f", "a journal or Loki", source);
      const hasReaderLeft = flags.follow ? io.stdout.watchReader?.() : undefined;
      const reader = await source.reader();
      const print = await entryPrinter(format, source, io, flags.wide);
      const show = (entries: readonly AuditEntry[]): Promise<void> =>
        send(print(entries), io.stdout, io);
      const wanted = await withWholeIds(source, asked, io);
      const end = await source.end();
      const before = Math.min(wanted.before ?? end, end);
      const newest: AuditEntry[] = [];
      for await (const page of entryPages(reader, { ...wanted, before }, limit))
        newest.push(...page);
      await show(newest.toReversed());
      if (limit > 0) await io.stderr.write(await spellingHints(source, wanted, newest.length > 0));
      if (flags.follow)
        for await (const coming of appended(source, wanted, end, pause ?? 0, io)) {
          await show(coming);
          if (hasReaderLeft?.()) break;
        }
      return EXIT.done;
    });
  },
});

/**
 * The entries of a query from a sequence on, as they come; after a pause without any, none. Ends by
 * throwing alone, for example at a signal.
 */
async function* appended(
  source: Source,
  query: EntryQuery,
  from: number,
  pauseMillis: number,
  { signal }: Pick<CommandIo, "signal">,
): AsyncGenerator<AuditEntry[], never, undefined> {
  const reader = await source.reader();
  for (let next = from; ; ) {
    await delay(pauseMillis, undefined, { signal });
    const end = await source.end();
    const after = Math.max(query.after ?? -1, next - 1);
    const before = Math.min(query.before ?? end, end);
    if (end > next) yield* entryPages(reader, { ...query, order: "oldest", after, before });
    else yield [];
    next = end;
  }
}
