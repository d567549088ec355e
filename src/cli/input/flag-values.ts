import { rfc3339Millis } from "../../entry/timestamp.js";
import { UsageError } from "./command.js";

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
