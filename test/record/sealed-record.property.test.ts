import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTimestamp } from "../../src/entry/timestamp.js";
import { millis } from "../fixtures/arbitrary-json.js";
import { recordedLog } from "../fixtures/recorded-log.js";

describe("the timestamp of any time", () => {
  test("is what toISOString writes, whatever was written before it", () => {
    fc.assert(
      fc.property(fc.array(millis, { minLength: 1, maxLength: 20 }), (times) => {
        const near = times.flatMap((time) => [time, time + 1, Math.max(0, time - 1), time]);
        expect(near.map(formatTimestamp)).toEqual(near.map((time) => new Date(time).toISOString()));
      }),
    );
  });
});

describe("the record times under any clock", () => {
  /** A clock that stands, creeps, and jumps both ways. */
  const clock = fc
    .tuple(
      fc.integer({ min: 0, max: 1_800_000_000_000 }),
      fc.array(
        fc.oneof(
          fc.constant(0),
          fc.integer({ min: -3, max: 3 }),
          fc.integer({ min: -5000, max: 5000 }),
        ),
        { maxLength: 60 },
      ),
    )
    .map(([start, steps]) => {
      const times = [start];
      for (const step of steps) times.push(Math.max(0, (times.at(-1) ?? 0) + step));
      return times;
    });

  test("rise by a nanosecond at least from one sequence to the next, and never lag behind the clock", () => {
    fc.assert(
      fc.property(clock, (times) => {
        const left = [...times];
        const { audit, mirror } = recordedLog({ clock: () => new Date(left.shift() ?? 0) });
        for (const _ of times) audit.log({ operation: "tick" });
        let last = 0n;
        for (const [index, { hrTime, hrTimeObserved }] of mirror.records.entries()) {
          expect(hrTimeObserved).toEqual(hrTime);
          expect(hrTime[1]).toBeLessThan(1e9);
          const nanos = BigInt(hrTime[0]) * 1_000_000_000n + BigInt(hrTime[1]);
          const now = BigInt(times[index] ?? 0) * 1_000_000n;
          expect(nanos).toBe(now > last ? now : last + 1n);
          last = nanos;
        }
        expect(audit.entries({ order: "oldest" }).map(({ timestamp }) => timestamp)).toEqual(
          times.map((time) => new Date(time).toISOString()),
        );
      }),
    );
  });
});
