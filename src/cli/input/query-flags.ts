import { type ColumnFlag, INDEXED_COLUMNS } from "../../entry/columns.js";
import type { AuditQuery } from "../../query/audit-query.js";
import { type FlagValues, UsageError } from "./command.js";
import { parseMoment } from "./moment.js";

/** A flag of a query, as the help describes it. */
interface QueryFlag {
  readonly type: "string";
  readonly value: string;
  readonly about: string;
}

/** The flags that say which entries: the conditions of `AuditQuery`, all of which must hold. */
export const QUERY_FLAGS: Readonly<
  Record<ColumnFlag | "since" | "until" | "before" | "after", QueryFlag>
> = {
  ...(Object.fromEntries(
    INDEXED_COLUMNS.map(({ flag, placeholder, about }) => [
      flag,
      { type: "string", value: placeholder, about: `exactly this ${about}` },
    ]),
  ) as Record<ColumnFlag, QueryFlag>),
  since: {
    type: "string",
    value: "TIME",
    about: "happened then or later: 2h, 7d, 2026-04-14, RFC 3339, @SECONDS",
  },
  until: { type: "string", value: "TIME", about: "happened before then" },
  before: { type: "string", value: "SEQUENCE", about: "recorded before this entry" },
  after: { type: "string", value: "SEQUENCE", about: "recorded after this entry" },
};

/** The query that flags ask for. Throws `UsageError`. */
export function queryOf(flags: FlagValues<typeof QUERY_FLAGS>, now: Date): AuditQuery {
  return {
    ...Object.fromEntries(INDEXED_COLUMNS.map(({ name, flag }) => [name, flags[flag]])),
    since: flags.since === undefined ? undefined : parseMoment(flags.since, "since", now),
    until: flags.until === undefined ? undefined : parseMoment(flags.until, "until", now),
    before: naturalOf(flags.before, "before"),
    after: naturalOf(flags.after, "after"),
  };
}

/** The number that was given for a flag, where one was. Throws `UsageError`. */
export function naturalOf(text: string | undefined, flag: string): number | undefined {
  return text === undefined ? undefined : parseNatural(text, flag);
}

/** A number that was given for a flag. Throws `UsageError`. */
export function parseNatural(text: string, flag: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${flag} "${text}" is no whole number that is not negative`);
}
