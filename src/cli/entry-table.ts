import type { AuditEntry } from "../entry/audit-entry.js";
import type { CommandIo } from "./command-io.js";
import { inWords } from "./in-words.js";
import { ShortIds } from "./short-ids.js";
import { type Column, type RowColour, Table } from "./table.js";

const COLOURS: ReadonlyMap<string, RowColour> = new Map<string, RowColour>([
  ["byzantine_detected", "red"],
  ["authorization_revoked", "yellow"],
  ["node_removed", "yellow"],
]);

/** Entries as the rows of a table, coloured by their severity. */
export function entryTable(io: CommandIo): Table<AuditEntry> {
  return new Table(io, {
    columns: entryColumns,
    colour: ({ operation }) => COLOURS.get(operation),
  });
}

function entryColumns(first: readonly AuditEntry[]): readonly Column<AuditEntry>[] {
  const [actors, proposals, others] = [new ShortIds(), new ShortIds(), new ShortIds()] as const;
  const day = sharedDay(first);
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
    { title: "decision", cell: ({ decision = "" }) => decision },
    {
      title: "what",
      cell: (entry) => inWords(entry, (id) => id),
      briefCell: (entry) => inWords(entry, (id) => others.of(id)),
    },
  ];
}

/** The day of all entries, which the header then says for them. */
function sharedDay(entries: readonly AuditEntry[]): string | undefined {
  const days = new Set(entries.map(({ timestamp }) => timestamp.slice(0, 10)));
  return days.size === 1 ? [...days][0] : undefined;
}

function briefTime(timestamp: string, day: string | undefined): string {
  const [date, time = ""] = timestamp.slice(0, -1).split("T");
  return date === day ? time : `${date} ${time.slice(0, 8)}`;
}
