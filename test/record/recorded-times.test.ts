import { describe, expect, test } from "vitest";
import { RecordedTimes } from "../../src/record/recorded-times.js";
import { risenAbove } from "../../src/record/sealed-record.js";

type HrTime = RecordedTimes["last"];

const HOUR = 3_600_000;
const NOON = 1_776_168_000_000;

/** A time in milliseconds, and the nanoseconds that it was held up. */
const time = (millis: number, held = 0): HrTime => [
  Math.floor(millis / 1000),
  (millis % 1000) * 1e6 + held,
];

/** Records by each reading, and returns the times. */
function record(times: RecordedTimes, ...readings: readonly number[]): HrTime[] {
  return readings.map((millis) => {
    const next = times.next(millis).time;
    const { undone } = times.next(millis);
    // what `verify` and `prune` ask leads to the same time
    expect(risenAbove(times.before(next), millis)).toEqual(next);
    expect(undone === undefined).toBe(times.before(next) === times.last);
    times.keep(next);
    return next;
  });
}

describe("times of recording, if one clock reading is wrong", () => {
  const FAR = Date.UTC(2200, 0);

  test("go on from before the jump when the clock is right again", () => {
    const times = new RecordedTimes([0, 0]);
    expect(record(times, NOON, FAR, FAR, NOON, NOON + 5)).toEqual([
      time(NOON),
      time(FAR),
      time(FAR, 1),
      time(NOON, 1),
      time(NOON + 5),
    ]);
  });

  test("say which time was wrong, once", () => {
    const times = new RecordedTimes([0, 0]);
    record(times, NOON, FAR);
    expect(times.next(NOON + 1)).toEqual({ time: time(NOON + 1), undone: time(FAR) });
    record(times, NOON + 1);
    expect(times.next(NOON + 2).undone).toBeUndefined();
  });

  test.each([
    ["a fall of an hour", [NOON, NOON + 3 * HOUR, NOON + 2 * HOUR], time(NOON + 3 * HOUR, 1)],
    ["a fall below all earlier times", [NOON, NOON + 2 * HOUR, NOON - 1], time(NOON + 2 * HOUR, 1)],
    [
      "a fall to where there was no jump",
      [NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 1],
      time(NOON + 2 * HOUR, 1),
    ],
    ["a wrong first reading", [FAR, NOON], time(FAR, 1)],
  ])("are held up after %s, as ever", (_, readings, last) => {
    expect(record(new RecordedTimes([0, 0]), ...readings).at(-1)).toEqual(last);
  });

  test("go on after two jumps, and after a jump that follows another one", () => {
    const times = new RecordedTimes([0, 0]);
    record(times, NOON, NOON + 5 * HOUR, FAR);
    expect(record(times, NOON + 6 * HOUR)).toEqual([time(NOON + 6 * HOUR)]);
    expect(record(times, FAR, FAR + 9 * HOUR, NOON + 6 * HOUR + 1)).toEqual([
      time(FAR),
      time(FAR + 9 * HOUR),
      time(NOON + 6 * HOUR + 1),
    ]);
  });

  test("read back only as far as they need, and each time once", () => {
    const read: HrTime[] = [];
    const earlier = [FAR + 1, FAR, NOON + 2, FAR, NOON + 1, NOON].map((millis) => time(millis));
    const times = new RecordedTimes(time(FAR + 1), {
      earliest: time(NOON),
      *back() {
        for (const each of earlier) {
          read.push(each);
          yield each;
        }
      },
    });
    expect(times.next(FAR + 2).time).toEqual(time(FAR + 2));
    expect(times.next(NOON - 1).time).toEqual(time(FAR + 1, 1));
    expect(read).toEqual([]);
    expect(record(times, NOON + 3)).toEqual([time(NOON + 3)]);
    expect(read).toEqual(earlier.slice(0, 3));
    expect(record(times, NOON + 4)).toEqual([time(NOON + 4)]);
    expect(read).toEqual(earlier.slice(0, 3));
  });
});
