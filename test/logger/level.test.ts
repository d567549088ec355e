import { describe, expect, test } from "vitest";
import { type Levels, levelFor } from "../../src/logger/level.js";

/** Levels of winston, where 0 is the most important. */
const winstonLevels = (levels: Readonly<Record<string, number>>): Levels => ({
  names: Object.keys(levels),
  isAtLeast: (level, other) => (levels[level] ?? 0) <= (levels[other] ?? 0),
});

describe("the level of a line", () => {
  const INFO = 9;
  const WARN = 13;
  const ERROR = 17;

  test.each([
    [
      { fatal: 0, err: 1, warning: 2, notice: 3, informational: 4 },
      ["informational", "warning", "err"],
    ],
    [{ ERROR: 0, WARN: 1, INFO: 2, DEBUG: 3 }, ["INFO", "WARN", "ERROR"]],
    [{ error: 0, info: 1 }, ["info", "info", "error"]],
    [{ low: 30, high: 10, middle: 20 }, ["low", "middle", "high"]],
    [{ only: 5 }, ["only", "only", "only"]],
    [{}, [undefined, undefined, undefined]],
  ])("of the set %o is one of it", (levels, expected) => {
    expect(
      [INFO, WARN, ERROR].map((severity) => levelFor(winstonLevels(levels), severity)),
    ).toEqual(expected);
  });

  test("is that of information for a record without a severity or below it", () => {
    const levels = { error: 0, warn: 1, info: 2, debug: 3 };
    expect(
      [undefined, 0, 1, 5, 12].map((severity) => levelFor(winstonLevels(levels), severity)),
    ).toEqual(Array(5).fill("info"));
    expect(
      [14, 16, 18, 21, 24].map((severity) => levelFor(winstonLevels(levels), severity)),
    ).toEqual(["warn", "warn", "error", "error", "error"]);
  });
});
