import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Journal } from "../../journal/journal.js";
import type { JournalStats } from "../../journal/stats.js";
import { retentionOf } from "../../log/retention.js";
import { counted, visible } from "../../text/safe-text.js";
import { type Command, type CommandIo, defineCommand } from "../input/command.js";
import { SOURCE_DETAILS, SOURCE_FLAGS, withSource } from "../input/open-source.js";
import { isPartial, type Source } from "../input/source.js";
import { EXIT } from "../output/exit-code.js";
import { jsonLine, send } from "../output/send.js";
import { Table } from "../output/table.js";

/** `quorumlog stats`: what a source holds, and what became of it in each mirror. */
export const stats: Command = defineCommand({
  name: "stats",
  about: "Says what a source holds, and what each mirror of a journal has still to deliver",
  operands: ["[SOURCE]"],
  flags: SOURCE_FLAGS,
  details: SOURCE_DETAILS,
  examples: [
    { line: "quorumlog stats governance.db", about: "size, time span, delivery" },
    { line: "quorumlog stats governance.db --json", about: "the same for a program" },
  ],
  run(args, io) {
    return withSource(args, io, async (source) => {
      const content = await contentOf(source, io);
      const name = source.journal?.path ?? source.name;
      const pieces = args.json
        ? [jsonLine({ [source.kind]: name, ...content, unproven: unprovenIn(content) })]
        : inTables([source.kind, name], content, io);
      await send(pieces, io.stdout, io);
      return EXIT.done;
    });
  },
});

/** What a source holds; a journal says more than others. */
interface Content {
  readonly logId: string | undefined;
  readonly entries: number;
  readonly pruned?: number;
  /** How many prunings its entries announce. */
  readonly prunings?: number;
  /** How many holds are in force. */
  readonly holds?: number;
  /** The first entry that a hold covers. */
  readonly heldFrom?: number | undefined;
  readonly bytes?: number | undefined;
  readonly firstTimestamp?: string | undefined;
  readonly lastTimestamp?: string | undefined;
  readonly mirrors?: JournalStats["mirrors"];
  /** The newest one. */
  readonly checkpoint?: {
    readonly size: number;
    readonly rootHash: string;
    readonly time: string | undefined;
    /** How many entries are newer. Unknown where the source holds chosen entries. */
    readonly behind: number | undefined;
  };
}

async function contentOf(source: Source, { cwd }: CommandIo): Promise<Content> {
  const reader = await source.reader();
  const held = source.journal?.stats() ?? {
    entries: await reader.count(),
    bytes: source.kind === "loki" ? undefined : statSync(resolve(cwd, source.name)).size,
    firstTimestamp: (await reader.page({ order: "oldest", limit: 1 })).entries[0]?.timestamp,
    lastTimestamp: (await reader.page({ order: "newest", limit: 1 })).entries[0]?.timestamp,
  };
  const content = { logId: await source.logId(), ...held, ...keptBy(source.journal) };
  const newest = await source.newestCheckpoint();
  if (newest === undefined) return content;
  const { size, rootHash, time } = newest;
  const behind = isPartial(source) ? undefined : (await source.end()) - size;
  return { ...content, checkpoint: { size, rootHash, time, behind } };
}

function keptBy(journal: Journal | undefined): Pick<Content, "prunings" | "holds" | "heldFrom"> {
  if (journal === undefined) return {};
  const { holds, prunings } = retentionOf(journal);
  return { prunings, holds: holds.inForce.length, heldFrom: holds.first?.heldFrom };
}

/**
 * The fields that no line and no checkpoint speaks for, so that `verify` cannot prove them either.
 */
function unprovenIn({ mirrors, checkpoint }: Content): string[] {
  return [
    ...(mirrors === undefined ? [] : ["mirrors"]),
    ...(checkpoint?.time === undefined ? [] : ["checkpoint.time"]),
  ];
}

function* inTables(
  name: readonly [kind: string, name: string],
  content: Content,
  io: CommandIo,
): Generator<string, void, undefined> {
  const { logId, entries, pruned = 0, bytes, firstTimestamp, lastTimestamp } = content;
  const { holds = 0, heldFrom } = content;
  const rows: readonly (readonly [string, string | undefined])[] = [
    name,
    ["log", logId],
    ["entries", `${entries}${pruned > 0 ? `, and ${pruned} pruned` : ""}`],
    ["oldest", firstTimestamp],
    ["newest", lastTimestamp],
    ...(bytes === undefined ? [] : [["size", inUnits(bytes)] as const]),
    ["checkpoint", checkpointInWords(content)],
    ...(holds === 0
      ? []
      : [["holds", `${holds} in force: nothing is pruned from entry ${heldFrom} on`] as const]),
  ];
  for (const [label, value = ""] of rows)
    yield `${label.padEnd("checkpoint".length)}  ${visible(value)}`.trimEnd().concat("\n");
  const deliveries = Object.entries(content.mirrors ?? {});
  if (deliveries.length === 0) return;
  yield "\n";
  yield* new Table<(typeof deliveries)[number]>(io, {
    columns: () => [
      { title: "mirror", cell: ([mirror]) => mirror },
      { title: "delivered", alignRight: true, cell: ([, { delivered }]) => String(delivered) },
      { title: "pending", alignRight: true, cell: ([, { pending }]) => String(pending) },
      { title: "rejected", alignRight: true, cell: ([, { rejected }]) => String(rejected) },
    ],
    colour: ([, { rejected }]) => (rejected > 0 ? "yellow" : undefined),
  }).lines(deliveries);
}

function checkpointInWords({ checkpoint, entries }: Content): string {
  if (checkpoint === undefined)
    return entries > 0 ? "none, so nothing proves what the entries are" : "none";
  const { size, time, behind = 0 } = checkpoint;
  const signed = time === undefined ? "" : `, signed ${time}`;
  const covers = `covers ${counted(size, "entry", "entries")}${signed}`;
  if (behind < 0) return `${covers}; ${-behind} of them ${-behind === 1 ? "is" : "are"} missing`;
  return behind === 0
    ? covers
    : `${covers}; ${counted(behind, "newer entry is", "newer entries are")} not covered`;
}

function inUnits(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
