import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatTimestamp,
  formattedMillis,
  MAX_TIME_MILLIS,
  parseTimestamp,
} from "../../src/entry/timestamp.js";
import { runs } from "../fixtures/long-runs.js";

test("a time is read as it was written", () => {
  fc.assert(
    fc.property(fc.nat(MAX_TIME_MILLIS), (millis) => {
      expect(parseTimestamp(formatTimestamp(millis))).toBe(millis);
      expect(formattedMillis(formatTimestamp(millis))).toBe(millis);
    }),
    { numRuns: runs(500) },
  );
});

const written = fc.nat(MAX_TIME_MILLIS).map(formatTimestamp);
const edited = fc
  .tuple(written, fc.nat(24), fc.constantFrom("", "0", "9", ":", ".", "Z", "T", "-", "+", "/"))
  .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1));
const known = [
  "",
  "2026-02-30T00:00:00.000Z",
  "2026-04-14T24:00:00.000Z",
  "2026-04-14",
  "2026-04-14t12:00:00.000Z",
  "+012026-04-14T12:00:00.000Z",
];
const anyText = fc.oneof(written, edited, fc.string(), fc.constantFrom(...known));

test("any text is the time that Date.parse reads in it", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(parseTimestamp(text)).toBe(Date.parse(text));
    }),
    { numRuns: runs(1000) },
  );
});

test("a time that is written in another way is told from one that a log wrote", () => {
  const isOurs = (text: string): boolean =>
    text.length === 24 &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(Date.parse(text)).toISOString() === text;
  fc.assert(
    fc.property(anyText, (text) => {
      expect(formattedMillis(text)).toBe(isOurs(text) ? Date.parse(text) : Number.NaN);
    }),
    { numRuns: runs(1000) },
  );
});
