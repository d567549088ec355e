import type { AuditEntry } from "../../entry/audit-entry.js";
import type { CommandIo, OutputStream } from "./command-io.js";
import { inWords } from "./in-words.js";
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
