import {
  type Column,
  type ColumnFlag,
  type ColumnName,
  INDEXED_COLUMNS,
} from "../../entry/columns.js";
import {
  CONSENSUS_DECISIONS,
  LOG_OPERATIONS,
  OPERATIONS,
  PROPOSAL_KINDS,
  VOTE_DECISIONS,
} from "../../entry/operations.js";
import type { Policy } from "../../governance/facts/policy.js";
import type { DetailScalar } from "../../query/audit-query.js";
import { COMPARED, didYouMean, nearest } from "../../text/did-you-mean.js";
import { counted, cut, word } from "../../text/safe-text.js";
import { type CommandIo, type FlagValues, UsageError } from "./command.js";
import { naturalOf, parseMoment } from "./flag-values.js";
import type { EntryQuery, Source } from "./source.js";

/** A column that holds ids, which tables show by their last part. */
export type IdColumn = "proposalId" | "subjectId" | "actorDid";

const ID_COLUMNS: ReadonlySet<string> = new Set<IdColumn>(["proposalId", "subjectId", "actorDid"]);

/** Whether the column holds ids. */
export function isIdColumn(name: string): name is IdColumn {
  return ID_COLUMNS.has(name);
}

/** A flag of a query, as the help describes it. */
interface QueryFlag {
  readonly type: "string";
  readonly value: string;
  readonly about: string;
}

/** One that can be repeated. */
interface ListQueryFlag extends QueryFlag {
  readonly multiple: true;
}

/** The flags that choose entries: the conditions of `AuditQuery`. All of them must hold. */
export const QUERY_FLAGS: Readonly<
  Record<ColumnFlag | "detail", ListQueryFlag> &
    Record<"since" | "until" | "before" | "after" | "trace-id", QueryFlag>
> = {
  ...(Object.fromEntries(
    INDEXED_COLUMNS.map(({ name, flag, placeholder, about }) => [
      flag,
      {
        type: "string",
        multiple: true,
        value: placeholder,
        about: isIdColumn(name) ? `${about}: an id or its last part` : about,
      },
    ]),
  ) as Record<ColumnFlag, ListQueryFlag>),
  since: {
    type: "string",
    value: "TIME",
    about: "happened at this time or later: 2h, 7d, 2026-04-14, RFC 3339, @SECONDS",
  },
  until: { type: "string", value: "TIME", about: "happened before this time" },
  before: { type: "string", value: "SEQUENCE", about: "recorded before this entry" },
  after: { type: "string", value: "SEQUENCE", about: "recorded after this entry" },
  detail: {
    type: "string",
    multiple: true,
    value: "KEY=VALUE",
    about: "has this detail; every one that is given",
  },
  "trace-id": { type: "string", value: "ID", about: "was recorded in this W3C trace" },
};

/** The query that flags ask for. Throws `UsageError`. */
export function queryOf(flags: FlagValues<typeof QUERY_FLAGS>, now: Date): EntryQuery {
  return {
    ...Object.fromEntries(INDEXED_COLUMNS.map(({ name, flag }) => [name, flags[flag]])),
    since: flags.since === undefined ? undefined : parseMoment(flags.since, "since", now),
    until: flags.until === undefined ? undefined : parseMoment(flags.until, "until", now),
    before: naturalOf(flags.before, "before"),
    after: naturalOf(flags.after, "after"),
    details: flags.detail === undefined ? undefined : detailsOf(flags.detail),
    traceId: flags["trace-id"] === undefined ? undefined : traceIdOf(flags["trace-id"]),
  };
}

/**
 * The details that flags ask for. A value that is JSON is what it says, and any other is a text:
 * `weight=2` asks for the number, `weight="2"` for the text. Throws `UsageError`.
 */
function detailsOf(given: readonly string[]): Record<string, DetailScalar> {
  const details = new Map<string, DetailScalar>();
  for (const text of given) {
    const { key, value = "" } = /^(?<key>[^=]*)=(?<value>.*)$/s.exec(text)?.groups ?? {};
    if (key === undefined) throw new UsageError(`--detail "${text}" is not KEY=VALUE`);
    const wanted = scalarOf(value);
    if (wanted === undefined)
      throw new UsageError(`--detail "${text}" asks for a list or an object, which no query can`);
    if (details.has(key) && details.get(key) !== wanted)
      throw new UsageError(`--detail ${key} is given twice, and no entry has both values`);
    details.set(key, wanted);
  }
  return Object.fromEntries(details);
}

/** Undefined for a list or an object. */
function scalarOf(text: string): DetailScalar | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return text;
  return typeof value === "object" && value !== null ? undefined : (value as DetailScalar);
}

function traceIdOf(text: string): string {
  if (/^[0-9a-f]{32}$/i.test(text)) return text;
  throw new UsageError(`--trace-id "${text}" does not have 32 hexadecimal digits`);
}

/** The well-known values of the other columns. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["operation", [...OPERATIONS, ...LOG_OPERATIONS]],
  ["kind", PROPOSAL_KINDS],
  ["decision", [...VOTE_DECISIONS, ...CONSENSUS_DECISIONS]],
]);

/** How many ids a message lists. */
const LISTED = 10;
/** How much of an id it shows. */
const SHOWN = 120;

/**
 * The query with whole ids in place of their last parts. A hint on stderr follows for an id that no
 * entry has. Throws `UsageError` for a last part that several ids have.
 */
export async function withWholeIds(
  source: Source,
  query: EntryQuery,
  io: CommandIo,
): Promise<EntryQuery> {
  const whole: Partial<Record<IdColumn, readonly string[]>> = {};
  for (const { name } of INDEXED_COLUMNS) {
    const values = query[name];
    if (!isIdColumn(name) || values === undefined) continue;
    const ids: string[] = [];
    for (const value of values) ids.push(await wholeId(source, name, value, io));
    whole[name] = ids;
  }
  return { ...query, ...whole };
}

/**
 * The id that a text names: the text, if an entry has exactly it; else the one id that ends in it
 * after a `:` or `/`. The text itself, with a hint on stderr, if there is none. Throws `UsageError`
 * if there are several.
 */
export async function wholeId(
  source: Source,
  column: IdColumn,
  text: string,
  io: CommandIo,
): Promise<string> {
  const { flag } = columnOf(column);
  const isExact = await isHeld(source, column, text);
  // somebody who gives a part with a separator knows ids, and does not mean another one
  if (text === "" || (isExact && /[:/]/.test(text))) return text;
  const others = await source.idsEndingIn(column, text, LISTED + 1);
  if (isExact) {
    if (others.length > 0)
      await io.stderr.write(
        `--${flag} ${shown(text)} is taken as it is; ${listed(others)} ` +
          `${others.length === 1 ? "ends" : "end"} in it too\n`,
      );
    return text;
  }
  const [only] = others;
  if (others.length > 1)
    throw new UsageError(`--${flag} ${shown(text)} could be ${listed(others)}: give more of it`);
  if (only !== undefined) return only;
  await io.stderr.write(await unknownId(source, column, text));
  return text;
}

/**
 * The id of one of some columns that a text names, as {@link wholeId} finds it. Undefined if there
 * is none. Throws `UsageError` if there are several.
 */
export async function idNamed(
  source: Source,
  columns: readonly IdColumn[],
  text: string,
): Promise<{ readonly column: IdColumn; readonly id: string } | undefined> {
  for (const column of columns) if (await isHeld(source, column, text)) return { column, id: text };
  const found: { column: IdColumn; id: string }[] = [];
  for (const column of columns)
    for (const id of await source.idsEndingIn(column, text, LISTED + 1)) found.push({ column, id });
  if (found.length > 1)
    throw new UsageError(
      `${shown(text)} could be ${listed(found.map(({ id }) => id))}: give more of it`,
    );
  return found[0];
}

/**
 * What stderr says about misspelt operations, kinds and decisions: they are those that no entry
 * has, and that are near to a well-known one or to one that an entry has.
 *
 * @param found - Whether any entry met the conditions. If one did, only a value beside others can
 * be wrong.
 */
export async function spellingHints(
  source: Source,
  query: EntryQuery,
  found: boolean,
): Promise<string> {
  let hints = "";
  for (const [name, known] of WORDS) {
    const { flag, name: column } = columnOf(name);
    const values = query[column] ?? [];
    if (found && values.length < 2) continue;
    for (const value of values) {
      if (known.includes(value) || (await isHeld(source, column, value))) continue;
      const near = nearest(value, chained(known, await source.values(column)));
      if (near !== undefined)
        hints += `no entry has the ${flag} ${shown(value)}${didYouMean(shown(near))}\n`;
    }
  }
  return hints;
}

/** A member of a policy whose values entries have in a column. */
interface PolicyValues {
  readonly column: ColumnName;
  readonly called: string;
  readonly values: readonly string[];
}

/** The values of a policy that entries can have. */
export function policyValues({
  kinds = {},
  requiresAuthorization: operations = [],
  services = [],
}: Policy): PolicyValues[] {
  return [
    { column: "kind" as const, called: "kind", values: Object.keys(kinds) },
    { column: "operation" as const, called: "operation", values: operations },
    { column: "actorDid" as const, called: "actor", values: services },
  ].filter(({ values }) => values.length > 0);
}

/**
 * What stderr says about values in a policy that no entry has: about each kind that is not well
 * known, and about what is near to one that an entry has. Misspelt, they would judge nothing.
 */
export async function policyHints(
  source: Source,
  path: string,
  named: readonly PolicyValues[],
): Promise<string> {
  let hints = "";
  for (const { column, called, values } of named) {
    const known: readonly string[] = column === "kind" ? PROPOSAL_KINDS : [];
    for (const value of values) {
      if (known.includes(value) || (await isHeld(source, column, value))) continue;
      const near = nearest(value, chained(known, await source.values(column)));
      if (near === undefined && column !== "kind") continue;
      const meant = didYouMean(near === undefined ? undefined : shown(near));
      hints += `--policy ${word(path)}: no entry has the ${called} ${shown(value)}${meant}\n`;
    }
  }
  return hints;
}

async function isHeld(source: Source, column: Column["name"], value: string): Promise<boolean> {
  const passed = source.passed?.(column);
  if (passed !== undefined) return passed.has(value);
  const { entries } = await (await source.reader()).page({ [column]: value, limit: 1 });
  return entries.length > 0;
}

/** `; did you mean` and the id of some columns that a text, or its last part, is near to. */
export async function idMeant(
  source: Source,
  columns: readonly IdColumn[],
  text: string,
): Promise<string> {
  const byLastPart = new Map<string, string>();
  for (const column of columns) {
    for (const id of await source.values(column)) {
      if (byLastPart.size >= COMPARED) break;
      byLastPart.set(id.split(/[:/]/).at(-1) ?? id, id);
      byLastPart.set(id, id);
    }
  }
  const near = byLastPart.get(nearest(text, byLastPart.keys()) ?? "");
  return didYouMean(near === undefined ? undefined : shown(near));
}

async function unknownId(source: Source, column: IdColumn, text: string): Promise<string> {
  const { flag } = columnOf(column);
  const since =
    source.lookbackDays === undefined ? "" : ` of the last ${counted(source.lookbackDays, "day")}`;
  return (
    `no entry${since} has the ${flag} ${shown(text)}, or one that ends in it` +
    `${await idMeant(source, [column], text)}\n`
  );
}

function* chained(...parts: readonly Iterable<string>[]): Generator<string, void, undefined> {
  for (const part of parts) yield* part;
}

function columnOf(name: string): Column {
  return INDEXED_COLUMNS.find((column) => column.name === name) as Column;
}

function listed(ids: readonly string[]): string {
  const some = ids.slice(0, LISTED).map(shown);
  return ids.length > LISTED ? `${some.join(", ")} or others` : some.join(" or ");
}

function shown(text: string): string {
  return cut(word(text), SHOWN);
}
