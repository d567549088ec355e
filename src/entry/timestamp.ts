import { invalidEntry } from "../errors.js";

/**
 * 2262-04-11T23:47:16.854Z: the last millisecond that fits the signed 64-bit nanoseconds of OTLP
 * and Loki.
 */
export const MAX_TIME_MILLIS = 9_223_372_036_854;

/**
 * Reads a `Date` from outside as milliseconds since 1970. Throws `invalid_entry`.
 *
 * @param value - Untrusted; valid from 1970 to 2262.
 */
export function timeMillis(value: unknown, field: string): number {
  let millis: number;
  try {
    millis = Date.prototype.getTime.call(value);
  } catch (cause) {
    throw invalidEntry(field, "expected a Date", cause);
  }
  if (!(millis >= 0 && millis <= MAX_TIME_MILLIS))
    throw invalidEntry(field, "expected a time from 1970 to 2262");
  return millis;
}

let cachedSecond = -1;
let cachedPrefix = "";
let cachedMillis = -1;
let cachedText = "";

/**
 * Formats a time by RFC 3339 in UTC with milliseconds, `2026-04-14T12:00:00.007Z`, as
 * `Date.prototype.toISOString` does.
 *
 * It keeps the last text, and the part before the milliseconds: entries of a busy log mostly share
 * their second, and entries of a burst share one string. `toISOString` alone takes 0.4 us of a
 * sealed call (measured).
 */
export function formatTimestamp(millis: number): string {
  if (millis === cachedMillis) return cachedText;
  const second = Math.floor(millis / 1000);
  if (second !== cachedSecond) {
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 20);
    cachedSecond = second;
  }
  const fraction = millis - second * 1000;
  cachedMillis = millis;
  cachedText = `${cachedPrefix}${fraction < 10 ? "00" : fraction < 100 ? "0" : ""}${fraction}Z`;
  return cachedText;
}

let readDay = "";
let readMidnight = Number.NaN;
let readSecond = "";
let readSecondMillis = Number.NaN;

/**
 * Reads a time that {@link formatTimestamp} wrote. NaN for any other text, also for another way to
 * write the same time.
 *
 * It keeps the last second and the last day, since the lines of a log mostly share them.
 */
export function formattedMillis(text: string): number {
  const fraction = 100 * (text.charCodeAt(20) - ZERO) + numberAt(text, 21);
  if (text.length !== 24 || text[23] !== "Z" || !(fraction >= 0 && fraction < 1000))
    return Number.NaN;
  if (readSecond === "" || !text.startsWith(readSecond)) {
    readSecondMillis = secondMillis(text);
    readSecond = text.slice(0, 20);
  }
  return readSecondMillis + fraction;
}

/** The second of a time; NaN unless it is written as `formatTimestamp` writes it. */
function secondMillis(text: string): number {
  if (readDay === "" || !text.startsWith(readDay)) {
    readDay = text.slice(0, 11);
    const midnight = new Date(`${readDay}00:00:00.000Z`);
    // Date.parse reads the 30th of February as the 2nd of March
    const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(readDay);
    readMidnight = isDay ? midnight.getTime() : Number.NaN;
  }
  const hours = numberAt(text, 11);
  const minutes = numberAt(text, 14);
  const seconds = numberAt(text, 17);
  const isTime =
    text[13] === ":" &&
    text[16] === ":" &&
    text[19] === "." &&
    hours < 24 &&
    minutes < 60 &&
    seconds < 60;
  return isTime ? readMidnight + 1000 * (60 * (60 * hours + minutes) + seconds) : Number.NaN;
}

/**
 * Reads a time as `Date.parse` does. What {@link formatTimestamp} wrote takes a third of the time
 * (measured).
 */
export function parseTimestamp(text: string): number {
  const millis = formattedMillis(text);
  return Number.isNaN(millis) ? Date.parse(text) : millis;
}

const ZERO = "0".charCodeAt(0);

/** Two digits; NaN for anything else. */
function numberAt(text: string, index: number): number {
  const tens = text.charCodeAt(index) - ZERO;
  const ones = text.charCodeAt(index + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN;
}

const RFC_3339 =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt ](?<time>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?)(?<zone>[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a time by RFC 3339 section 5.6 as milliseconds since 1970. A finer fraction is cut off.
 * Undefined for any other text, also for a day that no calendar has, and for a leap second.
 */
export function rfc3339Millis(text: string): number | undefined {
  const { date, time, zone } = RFC_3339.exec(text)?.groups ?? {};
  if (date === undefined || zone === undefined) return undefined;
  // Date.parse reads the 30th of February as the 2nd of March
  const midnight = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date)
    return undefined;
  return Date.parse(`${date}T${time}${zone.toUpperCase()}`);
}
