import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replay } from "../../src/governance/replay.js";
import { Links } from "../../src/report/links.js";
import { drawnFrom, sample } from "../../src/report/sample.js";
import { textOf } from "../fixtures/report-page.js";
import { reportView } from "../fixtures/report-view.js";
import type { TrailWriter } from "../fixtures/trail.js";

const ROOT = "ab".repeat(32);

function manyVotes(trail: TrailWriter): void {
  trail.propose("p");
  for (let index = 0; index < 95; index++) trail.vote("p", `voter-${index}`);
}

const LOG_OF_100 = reportView(manyVotes);

/** The draw as an auditor repeats it, by what the page says. */
function drawnByHand(sequences: readonly number[], root: string, n: number): number[] {
  const begin = (k: number): number => Math.floor(((k - 1) * sequences.length) / n);
  return Array.from({ length: n }, (_, index) => {
    const part = sequences.slice(begin(index + 1), begin(index + 2));
    const hashOf = (sequence: number): string =>
      createHash("sha256").update(`${root}:${sequence}`).digest("hex");
    return part.toSorted((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1))[0] as number;
  });
}

function drawn(size: number, root = ROOT): number[] {
  return drawnFrom(LOG_OF_100.entries, root, size).map(({ entry }) => entry.sequence);
}

function pageOf(...args: Parameters<typeof reportView>): string {
  const view = reportView(...args);
  return textOf(sample(view, new Links(view)).text);
}

describe("a sample", () => {
  test("is the same for everybody who knows the root hash", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.string(), (size, root) => {
        const all = LOG_OF_100.entries.map(({ entry }) => entry.sequence);
        expect(drawn(size, root)).toEqual(drawnByHand(all, root, size));
      }),
    );
  });

  test("takes one entry of each part of the period, and none twice", () => {
    expect(drawn(10).map((sequence) => Math.floor(sequence / 10))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("is another one under another root hash", () => {
    expect(drawn(25, "cd".repeat(32))).not.toEqual(drawn(25));
  });

  test("has all entries where there are fewer, and can be empty", () => {
    expect(drawn(200)).toEqual(Array.from({ length: 100 }, (_, sequence) => sequence));
    expect(drawnFrom([], ROOT, 25)).toEqual([]);
    expect(drawn(0)).toEqual([]);
  });
});

describe("the section on the sample", () => {
  test("says how to draw it again, and what was done with each item", () => {
    const text = pageOf(manyVotes);
    expect(text).toContain("25 of 100 entries");
    expect(text).toContain(`${ROOT} , the root hash`);
    expect(text).toContain("is cut into 25 parts");
    expect(text).toContain("Hash the line again; compare with the leaf hash; judge");
    expect(text).toContain("vote-by-nonmember A voter is a member when it votes");
  });

  test("gives the findings that name an item", () => {
    const text = pageOf((trail) => [trail.propose("p"), trail.vote("p", "mallory")]);
    expect(text).toMatch(
      /The hash agrees\. vote-by-nonmember violated \(error\): "mallory" voted on "p"/,
    );
  });

  test("does not call a rule kept that the trail cannot decide", () => {
    const view = reportView((trail) => trail.passed("p"));
    const withoutAliceAndBob = replay(view.entries.slice(2).map(({ entry }) => entry));
    const { text } = sample({ ...view, trail: withoutAliceAndBob }, new Links(view));
    expect(textOf(text)).toMatch(/vote-by-nonmember undetermined \(error\): /);
    expect(textOf(text)).toMatch(/The trail cannot decide everywhere: [^.]*vote-by-nonmember/);
  });

  test("shows a line that does not have the leaf hash of its entry", () => {
    const view = reportView((trail) => trail.propose("p"));
    const entries = view.entries.map((one) => ({ ...one, line: `${one.line} ` }));
    const text = pageOf(() => undefined, { entries });
    expect(text).toContain("The hash does not agree.");
    expect(text).not.toContain("The hash agrees.");
  });

  test("draws from what the checkpoint covers", () => {
    const covered = { origin: "o", size: 2, rootHash: ROOT, note: "" };
    const text = pageOf(manyVotes, { checkpoint: covered });
    expect(text).toContain("All 2 entries");
    expect(pageOf(manyVotes, { checkpoint: { ...covered, size: 0 } })).toContain(
      "No entry in the scope is covered by the checkpoint",
    );
  });
});
