import { formatTimestamp } from "../../entry/timestamp.js";
import type { EntryTimes } from "./proposal-facts.js";

/** Whether something came in time. `unknown`: its times differ, or its end is no time. */
export type Timeliness = "in time" | "late" | "unknown";

/**
 * Compares all times of an entry with an end. A time in the details is what the caller says, and a
 * timestamp may be too: one of them alone proves nothing against the others.
 *
 * @param last - The last moment that is in time; undefined for no end, NaN for one that is no time.
 */
export function timelinessOf(
  { earliestMillis, latestMillis }: EntryTimes,
  last: number | undefined,
): Timeliness {
  if (last === undefined || latestMillis <= last) return "in time";
  return earliestMillis > last ? "late" : "unknown";
}

/** The times of an entry that do not agree. */
export function timesInWords({ earliestMillis, latestMillis }: EntryTimes): string {
  return `has times from ${formatTimestamp(earliestMillis)} to ${formatTimestamp(latestMillis)}`;
}
