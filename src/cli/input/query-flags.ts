import { type ColumnFlag, INDEXED_COLUMNS } from "../../entry/columns.js";
import { rfc3339Millis } from "../../entry/timestamp.js";
import type { DetailScalar } from "../../query/audit-query.js";
import { type FlagValues, UsageError } from "./command.js";
import type { EntryQuery } from "./entry-pages.js";
import { isIdColumn } from "./given-values.js";

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

/** The number that was given for a flag, if any was given. Throws `UsageError`. */
export function naturalOf(text: string | undefined, flag: string): number | undefined {
  return text === undefined ? undefined : parseNatural(text, flag);
}

/** A number that was given for a flag. Throws `UsageError`. */
export function parseNatural(text: string, flag: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${flag} "${text}" is not a whole number from 0 up`);
}

const MILLIS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const AGE = /^(?<count>\d+(?:\.\d+)?)(?<unit>[smhdw])$/;
const EPOCH = /^@(?<seconds>\d+(?:\.\d+)?)$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * Reads a time as people write it: an age (`90s`, `30m`, `2h`, `7d`, `1w`), RFC 3339, a date (its
 * midnight in UTC), or an `@` and the seconds since 1970, as `date +@%s` writes them. Throws
 * `UsageError`.
 *
 * @param flag - The flag that the time was given for.
 */
export function parseMoment(text: string, flag: string, now: Date): Date {
  const millis = ageMillis(text, now) ?? epochMillis(text) ?? dateOrTimeMillis(text);
  const moment = new Date(millis ?? Number.NaN);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(
    `--${flag} "${text}" is not a time; write an age (2h, in s, m, h, d or w), 2026-04-14, ` +
      "2026-04-14T12:00:00Z or @1776168000",
  );
}

function ageMillis(text: string, now: Date): number | undefined {
  const { count, unit = "" } = AGE.exec(text)?.groups ?? {};
  return count === undefined
    ? undefined
    : now.getTime() - Number(count) * (MILLIS[unit] ?? Number.NaN);
}

function epochMillis(text: string): number | undefined {
  const { seconds } = EPOCH.exec(text)?.groups ?? {};
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** A date alone is its midnight in UTC. */
function dateOrTimeMillis(text: string): number | undefined {
  return rfc3339Millis(DATE.test(text) ? `${text}T00:00:00Z` : text);
}
