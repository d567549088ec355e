import type { AuditEntry, EntryFields } from "../../entry/audit-entry.js";
import type { JsonValue } from "../../entry/json.js";
import type { Operation } from "../../entry/operations.js";
import { visible } from "../../text/safe-text.js";
import { type CommandIo, type OutputStream, UsageError } from "../input/command.js";
import { lineOf } from "../input/exported.js";
import type { Source } from "../input/source.js";
import { jsonLine } from "./send.js";
import { type Column, type RowColour, Table } from "./table.js";

const COLOURS: ReadonlyMap<string, RowColour> = new Map<string, RowColour>([
  ["byzantine_detected", "red"],
  ["authorization_revoked", "yellow"],
  ["node_removed", "yellow"],
]);

/** The flag of a command that shows entries in a table. */
export const WIDE_FLAG = {
  type: "boolean",
  about: "ids, times and texts whole on a terminal too, however long a row gets",
} as const;

/**
 * A table of entries, with rows coloured by severity.
 *
 * @param wide - True to show every value whole, whatever the width of the terminal.
 */
export function entryTable(io: CommandIo, wide = false): Table<AuditEntry> {
  const around = wide ? { ...io, stdout: withoutWidth(io.stdout) } : io;
  return new Table(around, {
    columns: (first) => entryColumns(first, around.stdout.columns),
    colour: ({ operation }) => COLOURS.get(operation),
  });
}

function withoutWidth(stream: OutputStream): OutputStream {
  return { isTerminal: stream.isTerminal, write: (text) => stream.write(text) };
}

/** In fewer columns, the subject is a part of what happened: a column of its own takes too much. */
const ROOMY = 100;

function entryColumns(
  first: readonly AuditEntry[],
  width: number = Number.POSITIVE_INFINITY,
): readonly Column<AuditEntry>[] {
  const [actors, proposals, subjects] = [new ShortIds(), new ShortIds(), new ShortIds()] as const;
  const others = new ShortIds();
  const day = sharedDay(first);
  const isRoomy = width >= ROOMY;
  const subject = {
    title: "subject",
    cell: ({ subjectId = "" }: AuditEntry) => subjectId,
    briefCell: ({ subjectId = "" }: AuditEntry) => subjects.of(subjectId),
  };
  const what = (id: string, words: string): string => (isRoomy ? words : `${id} ${words}`.trim());
  return [
    { title: "#", alignRight: true, cell: ({ sequence }) => String(sequence) },
    {
      title: "time",
      cell: ({ timestamp }) => timestamp,
      briefTitle: day ?? "time (UTC)",
      briefCell: ({ timestamp }) => briefTime(timestamp, day),
    },
    { title: "operation", cell: ({ operation }) => operation },
    {
      title: "actor",
      cell: ({ actorDid = "" }) => actorDid,
      briefCell: ({ actorDid = "" }) => actors.of(actorDid),
    },
    {
      title: "proposal",
      cell: ({ proposalId = "" }) => proposalId,
      briefCell: ({ proposalId = "" }) => proposals.of(proposalId),
    },
    ...(isRoomy ? [subject] : []),
    { title: "decision", cell: ({ decision = "" }) => decision },
    {
      title: "what",
      cell: (entry) =>
        what(
          subject.cell(entry),
          inWords(entry, (id) => id),
        ),
      briefCell: (entry) =>
        what(
          subject.briefCell(entry),
          inWords(entry, (id) => others.of(id)),
        ),
    },
  ];
}

/** The day of all entries, if they have one in common; the header then shows it. */
function sharedDay(entries: readonly AuditEntry[]): string | undefined {
  const days = new Set(entries.map(({ timestamp }) => timestamp.slice(0, 10)));
  return days.size === 1 ? [...days][0] : undefined;
}

function briefTime(timestamp: string, day: string | undefined): string {
  const [date, time = ""] = timestamp.slice(0, -1).split("T");
  const toSecond = time.slice(0, 8);
  return date === day ? toSecond : `${date} ${toSecond}`;
}

/** How many ids are remembered. When there are more, all are forgotten. */
const REMEMBERED = 10_000;

/**
 * Shortens DIDs and URNs to their last part: `did:pqaid:alice` becomes `alice`. An id stays whole
 * if its last part already stood for another id, so that nobody can pass for somebody else.
 */
export class ShortIds {
  readonly #whole = new Map<string, string>();

  /** The short form of an id. */
  of(id: string): string {
    const short = id.slice(id.lastIndexOf(":") + 1);
    if (short === "") return id;
    const known = this.#whole.get(short);
    if (known !== undefined) return known === id ? short : id;
    if (this.#whole.size === REMEMBERED) this.#whole.clear();
    this.#whole.set(short, id);
    return short;
  }
}

/** How an id is shown: as it is, or its last part. */
type IdForm = (id: string) => string;

/** What a table says about an operation, and which details those words cover. */
interface Phrase {
  readonly covers: readonly string[];
  readonly words: (entry: EntryFields, idForm: IdForm) => string;
}

const grant: Phrase = { covers: [], words: ({ kind = "" }) => kind };

const PHRASES: ReadonlyMap<string, Phrase> = new Map<Operation, Phrase>([
  ["proposal_created", { covers: ["title"], words: ({ details }) => plain(details["title"]) }],
  [
    "vote_cast",
    {
      covers: ["vote_id"],
      words: ({ details: { vote_id: id } }, idForm) =>
        id === undefined ? "" : `vote ${idForm(plain(id))}`,
    },
  ],
  [
    "consensus_reached",
    {
      covers: [
        "reason",
        "approve_weight",
        "reject_weight",
        "abstain_weight",
        "total_weight",
        "vote_count",
      ],
      words: ({ details }) => plain(details["reason"]),
    },
  ],
  [
    "byzantine_detected",
    {
      covers: ["prior_decision", "conflicting_decision"],
      words: ({ details }) =>
        given(" then ", [plain(details["prior_decision"]), plain(details["conflicting_decision"])]),
    },
  ],
  [
    "node_added",
    {
      covers: ["name", "weight"],
      words: ({ details: { weight } }) => (weight === undefined ? "" : `weight ${plain(weight)}`),
    },
  ],
  ["authorization_granted", grant],
  ["authorization_revoked", grant],
]);

/**
 * Says what happened, beyond the columns of a table. Details that the words do not cover follow
 * with their names.
 */
function inWords(entry: AuditEntry, idForm: IdForm): string {
  const fields: EntryFields = entry;
  const phrase = PHRASES.get(fields.operation);
  const others = Object.entries(fields.details)
    .filter(([key]) => !phrase?.covers.includes(key))
    .map(([key, value]) => `${key}: ${plain(value)}`);
  return given(", ", [phrase?.words(fields, idForm), ...others]);
}

function given(separator: string, parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(separator);
}

function plain(value: JsonValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The flag of a command that shows entries for programs. */
export const ENTRY_FORMAT_FLAG = {
  type: "string",
  value: "FORMAT",
  about: "ndjson: canonical lines, as export writes them; json: the same as --json",
} as const;

/** How entries are shown. */
type EntryFormat = "table" | "json" | "ndjson";

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
