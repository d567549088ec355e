/** Prints entries for people: a table that fits 100 columns, and an entry in words. */
import { inspect } from "node:util";
import type { AuditEntry, EntryFields } from "quorumlog";

const WIDTH = 100;
const HEADER = ["#", "time", "operation", "actor", "proposal", "decision", "what"];
const ALARMING: ReadonlySet<string> = new Set(["byzantine_detected"]);
const NOTABLE: ReadonlySet<string> = new Set(["authorization_revoked", "node_removed", "emergency_freeze"]);

/** True where colours can be seen and are not unwanted (https://no-color.org). */
export function wantsColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env["NO_COLOR"];
}

/** The entries as lines of a table, in the order given. */
export function trailTable(entries: readonly AuditEntry[], colours = false): string[] {
  const rows = entries.map((entry) => cellsOf(entry).map(escapeControls));
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const [header = "", ...lines] = [HEADER, ...rows].map((row) => lineOf(row, widths));
  if (!colours) return [header, ...lines];
  return [
    styled("bold", header),
    ...lines.map((line, index) => coloured(line, entries[index]?.operation ?? "")),
  ];
}

/** What happened, in words, beyond the columns of the table. */
export function inWords(entry: AuditEntry): string {
  const fields: EntryFields = entry;
  switch (entry.operation) {
    case "proposal_created":
      return String(entry.details.title);
    case "vote_cast":
      return `vote ${short(entry.details.vote_id)}`;
    case "consensus_reached":
      return String(entry.details.reason);
    case "byzantine_detected":
      return `${entry.details.prior_decision}, then ${entry.details.conflicting_decision}`;
    case "node_added":
      return `weight ${entry.details.weight}`;
    case "node_removed":
      return "";
    case "authorization_granted":
    case "authorization_revoked":
      return `${entry.kind} ${short(entry.subjectId)}`;
    default:
      return Object.entries(fields.details)
        .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
        .join(", ");
  }
}

/** The last part of a DID or URN: `did:pqaid:alice` is alice. */
export function short(id: string | undefined): string {
  return id === undefined ? "" : escapeControls(id.slice(id.lastIndexOf(":") + 1));
}

/** Nothing in a log can move the cursor, start a line or colour the terminal of who reads it. */
export function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function cellsOf(entry: AuditEntry): string[] {
  return [
    String(entry.sequence),
    entry.timestamp.slice("2026-04-14T".length, -1),
    entry.operation,
    short(entry.actorDid),
    short(entry.proposalId),
    entry.decision ?? "",
    inWords(entry),
  ];
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) =>
    column === 0 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
  );
  const line = padded.join("  ").trimEnd();
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}

function coloured(line: string, operation: string): string {
  if (ALARMING.has(operation)) return styled("red", line);
  return NOTABLE.has(operation) ? styled("yellow", line) : line;
}

function styled(style: "bold" | "red" | "yellow", line: string): string {
  const [on, off] = inspect.colors[style] ?? [0, 0];
  return `\x1b[${on}m${line}\x1b[${off}m`;
}
