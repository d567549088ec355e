import type { HrTime } from "@opentelemetry/api";

const NANOS_PER_SECOND = 1_000_000_000n;

/** Returns a time in nanoseconds. Throws `RangeError` for parts that are not integers. */
export function nanosOf(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * NANOS_PER_SECOND + BigInt(nanos);
}

/**
 * Returns the time of the next record. It rises with every record, whatever the clock does, since
 * Loki orders and pages by it.
 */
export function risenAbove([lastSeconds, lastNanos]: HrTime, millis: number): HrTime {
  const seconds = Math.floor(millis / 1000);
  const nanos = (millis - seconds * 1000) * 1e6;
  if (seconds > lastSeconds || (seconds === lastSeconds && nanos > lastNanos))
    return [seconds, nanos];
  return lastNanos === 999_999_999 ? [lastSeconds + 1, 0] : [lastSeconds, lastNanos + 1];
}
