import type { JournalStats } from "../../journal/journal.js";
import { visible } from "../../text/safe-text.js";
import { type Command, defineCommand } from "../input/command.js";
import { checkpointTime, readJournal } from "../input/journals.js";
import type { CommandIo } from "../output/command-io.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";
import { Table } from "../output/table.js";

/** `quorumlog stats`: what a journal holds, and what became of it in each mirror. */
export const stats: Command = defineCommand({
  name: "stats",
  about: "Says what the journal holds, and what each mirror has still to deliver",
  operands: ["JOURNAL"],
  flags: {},
  examples: [
    { line: "quorumlog stats governance.db", about: "size, time span, delivery" },
    { line: "quorumlog stats governance.db --json", about: "the same for a program" },
  ],
  run({ operands: [path = ""], json }, io) {
    return readJournal(path, io, async (journal) => {
      const newest = journal.newestCheckpoint();
      const held = journal.stats();
      const found: Found = {
        journal: journal.path,
        logId: journal.logId,
        ...held,
        ...(newest !== undefined && {
          checkpoint: {
            size: newest.size,
            rootHash: newest.rootHash,
            time: checkpointTime(newest),
            behind: held.pruned + held.entries - newest.size,
          },
        }),
      };
      const pieces = json ? [jsonLine(found)] : inTables(found, io);
      await send(pieces, io.stdout, io);
      return EXIT.done;
    });
  },
});

interface Found extends JournalStats {
  readonly journal: string;
  readonly logId: string;
  /** The newest one. */
  readonly checkpoint?: {
    readonly size: number;
    readonly rootHash: string;
    readonly time: string | undefined;
    /** Entries that it is not over. */
    readonly behind: number;
  };
}

function* inTables(found: Found, io: CommandIo): Generator<string, void, undefined> {
  const { journal, logId, entries, pruned, bytes, firstTimestamp, lastTimestamp } = found;
  const rows: readonly (readonly [string, string])[] = [
    ["journal", journal],
    ["log", logId],
    ["entries", `${entries}${pruned > 0 ? `, and ${pruned} pruned` : ""}`],
    ["oldest", firstTimestamp ?? ""],
    ["newest", lastTimestamp ?? ""],
    ["size", inUnits(bytes)],
    ["checkpoint", checkpointInWords(found)],
  ];
  for (const [name, value] of rows)
    yield `${name.padEnd("checkpoint".length)}  ${visible(value)}`.trimEnd().concat("\n");
  const mirrors = Object.entries(found.mirrors);
  if (mirrors.length === 0) return;
  yield "\n";
  yield* new Table<(typeof mirrors)[number]>(io, {
    columns: () => [
      { title: "mirror", cell: ([name]) => name },
      { title: "delivered", alignRight: true, cell: ([, { delivered }]) => String(delivered) },
      { title: "pending", alignRight: true, cell: ([, { pending }]) => String(pending) },
      { title: "rejected", alignRight: true, cell: ([, { rejected }]) => String(rejected) },
    ],
    colour: ([, { rejected }]) => (rejected > 0 ? "yellow" : undefined),
  }).lines(mirrors);
}

function checkpointInWords({ checkpoint, entries }: Found): string {
  if (checkpoint === undefined)
    return entries > 0 ? "none: nothing proves what the entries are" : "none";
  const { size, time, behind } = checkpoint;
  const over = `over ${size} entries${time === undefined ? "" : `, ${time}`}`;
  if (behind < 0) return `${over}; ${-behind} of them are missing`;
  return behind === 0 ? over : `${over}; ${behind} behind it`;
}

function inUnits(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
