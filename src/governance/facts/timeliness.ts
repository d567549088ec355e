import { formatTimestamp } from "../../entry/timestamp.js";
import type { EntryTimes, TimeSpan } from "./proposal-facts.js";

/** Whether something came in time. `unknown`: its times differ, or its end is no time. */
export type Timeliness = "in time" | "late" | "unknown";

/**
 * Compares all times of an entry with an end. A time in the details is what the caller says, and a
 * timestamp may be too: one of them alone proves nothing against the others.
 *
 * @param last - The last moment that is in time; undefined for no end, NaN for one that is no time.
 */
export function timelinessOf(times: EntryTimes, last: number | undefined): Timeliness {
  if (last === undefined) return "in time";
  const { earliestMillis, latestMillis } = spanOf(times);
  if (latestMillis <= last) return "in time";
  return earliestMillis > last ? "late" : "unknown";
}

/** The earliest and the latest time that an entry gives. */
export function spanOf({ millis, span }: EntryTimes): TimeSpan {
  return span ?? { earliestMillis: millis, latestMillis: millis };
}

/** The times of an entry that do not agree. */
export function timesInWords(times: EntryTimes): string {
  const { earliestMillis, latestMillis } = spanOf(times);
  return `has times from ${formatTimestamp(earliestMillis)} to ${formatTimestamp(latestMillis)}`;
}
