import type { HrTime } from "@opentelemetry/api";

/** The time of a record: it rises with every record, whatever the clock does, since Loki orders and pages by it. */
export function risenAbove([lastSeconds, lastNanos]: HrTime, millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  const nanos = (millis - seconds * 1000) * 1e6;
  if (seconds > lastSeconds || (seconds === lastSeconds && nanos > lastNanos)) return [seconds, nanos];
  return lastNanos === 999_999_999 ? [lastSeconds + 1, 0] : [lastSeconds, lastNanos + 1];
}
