import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../../src/text/did-you-mean.js";

const COMMANDS = ["query", "tail", "stats", "export", "verify", "rejected", "resend"];

describe("the word that a misspelt one stands for", () => {
  test.each([
    ["qurey", "query"],
    ["QUERY", "query"],
    ["exprot", "export"],
    ["verifiy", "verify"],
    ["stat", "stats"],
    ["rejcted", "rejected"],
    ["frobnicate", undefined],
    ["q", undefined],
    ["", undefined],
  ])("%j is %j", (text, word) => {
    expect(nearest(text, COMMANDS)).toBe(word);
  });

  test("is the nearest of several", () => {
    expect(nearest("node_remved", ["node_added", "node_removed", "node_moved"])).toBe(
      "node_removed",
    );
  });
});

describe("the distance of two texts", () => {
  test.each([
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "acb", 1],
    ["abc", "ab", 1],
    ["abc", "xbc", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("of %j and %j is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test("is at most one for one edit, the same both ways, and 0 for equal texts alone", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, fc.nat(8), fc.constantFrom("a", "z", ""), (a, b, at, put) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, a.slice(0, at) + put + a.slice(at + 1))).toBeLessThanOrEqual(1);
        const swapped = a.slice(0, at) + (a[at + 1] ?? "") + (a[at] ?? "") + a.slice(at + 2);
        expect(editDistance(a, swapped)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
