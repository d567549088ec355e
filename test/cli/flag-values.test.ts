import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/input/command.js";
import { parseMoment } from "../../src/cli/input/flag-values.js";

const NOW = new Date("2026-04-14T12:00:00.000Z");

describe("a time on the command line", () => {
  test.each([
    ["90s", "2026-04-14T11:58:30.000Z"],
    ["30m", "2026-04-14T11:30:00.000Z"],
    ["1.5h", "2026-04-14T10:30:00.000Z"],
    ["7d", "2026-04-07T12:00:00.000Z"],
    ["1w", "2026-04-07T12:00:00.000Z"],
    ["0s", "2026-04-14T12:00:00.000Z"],
    ["2026-04-01", "2026-04-01T00:00:00.000Z"],
    ["2026-04-01T08:00:00Z", "2026-04-01T08:00:00.000Z"],
    ["2026-04-01 08:00:00z", "2026-04-01T08:00:00.000Z"],
    ["2026-04-01T08:00:00.123456+02:00", "2026-04-01T06:00:00.123Z"],
    ["2028-02-29", "2028-02-29T00:00:00.000Z"],
    ["@1776168000", "2026-04-14T12:00:00.000Z"],
    ["@1776168000.5", "2026-04-14T12:00:00.500Z"],
  ])("is understood: %s", (text, time) => {
    expect(parseMoment(text, "since", NOW).toISOString()).toBe(time);
  });

  test.each([
    "",
    "yesterday",
    "2",
    "2 h",
    "-2h",
    "2H",
    "1h30m",
    "1776168000",
    "2026-02-30",
    "2026-13-01",
    "2026-04-01T08:00:00",
    "2026-04-01T24:00:00Z",
    "2026-04-01T08:00:60Z",
    "2026-4-1",
    "2026-04-01Z",
    `${"9".repeat(300)}d`,
  ])("is refused where it could be misunderstood: %j", (text) => {
    expect(() => parseMoment(text, "since", NOW)).toThrow(UsageError);
  });

  test("means the same Date, whichever way it is written", () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(seconds, (at) => {
        const date = new Date(at * 1000);
        expect(parseMoment(date.toISOString(), "since", NOW)).toEqual(date);
        expect(parseMoment(`@${at}`, "since", NOW)).toEqual(date);
        expect(parseMoment(`${at}s`, "since", NOW).getTime()).toBe(NOW.getTime() - at * 1000);
      }),
    );
  });
});
