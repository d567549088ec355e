import { expect, test } from "vitest";
import {
  codes,
  lineOf,
  linesOf,
  noteOf,
  notesOf,
  ORIGIN,
  START,
  VKEY,
  verdicts,
  verifyLines,
} from "../fixtures/evidence.js";
import { inLongRuns } from "../fixtures/long-runs.js";
import { newKey } from "../fixtures/signed-notes.js";

const lines = linesOf(60);
const all = Array.from(lines.keys());
const notes = await notesOf(lines, [0, 1, 10, 37, 60]);
const last = await noteOf(lines);

test.each([
  ["lists", `${"[".repeat(32_000)}${"]".repeat(32_000)}`],
  ["objects", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
])(
  "a line with details of thousands of %s in each other fails, and ends nothing",
  async (_, deep) => {
    const rest = `"id":"x","log":"${ORIGIN}","operation":"o","seq":5,"timestamp":"${START}","v":1`;
    const altered = lines.with(5, `{"details":{"a":${deep}},${rest}}`);
    const report = await verifyLines(altered, notes);
    expect(report.integrity).toBe("failed");
  },
);

test("an untouched export verifies, and says what it cannot know", async () => {
  const report = await verifyLines(lines, notes);
  expect(verdicts(report)).toBe("verified verified verified");
  expect(report).toMatchObject({
    verified: true,
    origin: ORIGIN,
    entries: 60,
    covered: 60,
    size: 60,
    pruned: 0,
  });
  expect(
    report.checkpoints.map(({ size, consistent, signed }) => [size, consistent, signed]),
  ).toEqual([0, 1, 10, 37, 60].map((size) => [size, true, true]));
  expect(report.keys).toMatchObject([{ kind: "log", valid: 5, invalid: 0, unchecked: 0 }]);
  expect(report.unknown).toEqual([
    "No checkpoint is newer than entry 59. If later entries were removed, this check cannot see it.",
  ]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test("without a checkpoint nothing is verified, however sound the lines look", async () => {
  const report = await verifyLines(lines);
  expect(verdicts(report)).toBe("unknown unknown unknown");
  expect(report).toMatchObject({ verified: false, entries: 60, covered: 0, problems: [] });
});

test("entries after the newest checkpoint are counted as covered by none", async () => {
  const early = await notesOf(lines, [10, 37]);
  const report = await verifyLines(lines, early);
  const since = new Date(START + 37_000).toISOString();
  expect(report).toMatchObject({ verified: false, covered: 37, uncoveredSince: since });
  expect(verdicts(report)).toBe("verified unknown verified");
  expect(report.unknown).toContain(
    "23 entries are not covered by a consistent checkpoint that is signed or trusted, " +
      `since ${since}. Whoever writes the log can still change them.`,
  );
  const coveredOnly = await verifyLines(lines, early, { keys: [VKEY], coveredOnly: true });
  expect(coveredOnly).toMatchObject({ verified: true, covered: 37, uncoveredSince: since });
  const all60 = await verifyLines(lines, notes);
  expect(all60).not.toHaveProperty("uncoveredSince");
});

test("a log whose checkpoints were removed, and whose uncovered entries were forged, is not whole", async () => {
  const forged = [...lines.slice(0, 1), ...Array.from({ length: 59 }, (_, i) => lineOf(i + 1))];
  const report = await verifyLines(forged, await noteOf(lines, 1));
  expect(verdicts(report)).toBe("verified unknown verified");
  expect(report).toMatchObject({ verified: false, covered: 1, entries: 60 });
});

test("each line that is deleted is missed, at its sequence", async () => {
  for (const gone of all) {
    const report = await verifyLines(lines.toSpliced(gone, 1), notes);
    expect(report.verified).toBe(false);
    expect(report.completeness).toBe("failed");
    const code = gone === 59 ? "truncated" : "missing_entries";
    expect(report.problems).toMatchObject([{ code, from: gone, to: gone }]);
    const without = await verifyLines(lines.toSpliced(gone, 1));
    expect(without.completeness).toBe(gone === 59 ? "unknown" : "failed");
    expect(without.verified).toBe(false);
  }
});

test("each line that is there twice is found, with and without a checkpoint", async () => {
  for (const twice of all) {
    const line = lines[twice] as string;
    for (const place of [twice, 60]) {
      for (const checkpoints of [notes, ""]) {
        const report = await verifyLines(lines.toSpliced(place, 0, line), checkpoints);
        expect(report).toMatchObject({
          verified: false,
          completeness: "failed",
          duplicates: 1,
          entries: 60,
        });
        expect(report.problems).toMatchObject([{ code: "duplicate_entry", sequence: twice }]);
        expect(report.integrity).toBe(checkpoints === "" ? "unknown" : "verified");
      }
    }
  }
});

test("each pair of lines that is swapped is found, with and without a checkpoint", async () => {
  for (const first of all.slice(1)) {
    const swapped = lines
      .with(first, lines[first - 1] as string)
      .with(first - 1, lines[first] as string);
    for (const checkpoints of [notes, ""]) {
      const report = await verifyLines(swapped, checkpoints);
      expect(report).toMatchObject({ verified: false, completeness: "failed", reordered: 1 });
      expect(report.problems).toMatchObject([
        { code: "out_of_order", sequence: first - 1, line: first + 1 },
      ]);
    }
  }
});

test("a line that is inserted is found wherever it stands, whatever it claims", async () => {
  for (const place of [...all, 60]) {
    const claims = [lineOf(place), lineOf(7), "", "{}", "not a line"];
    // one at each place, by turns, and in a long run all of them
    for (const inserted of [claims[place % 5] as string, ...inLongRuns(...claims)]) {
      const report = await verifyLines(lines.toSpliced(place, 0, inserted), notes);
      // One more entry at the end is what a log does; it is covered by no checkpoint.
      if (place === 60 && inserted.includes('"seq":60,')) {
        expect(report).toMatchObject({ problemCount: 0, entries: 61, covered: 60 });
        expect(verdicts(report)).toBe("verified unknown verified");
        continue;
      }
      expect(report.verified).toBe(false);
      expect(report.integrity).toBe("failed");
    }
  }
});

test("each line that another entry of the same sequence replaces is found, within its interval", async () => {
  for (const place of all) {
    const report = await verifyLines(lines.with(place, lineOf(place)), notes);
    expect(verdicts(report)).toBe("failed unknown verified");
    const [from, to] = place < 1 ? [0, 0] : place < 10 ? [1, 9] : place < 37 ? [10, 36] : [37, 59];
    expect(report.problems).toMatchObject([{ code: "root_mismatch", from, to }]);
    expect(report.problemCount).toBe(1);
    expect(report.covered).toBe(from);
    const without = await verifyLines(lines.with(place, lineOf(place)));
    expect(verdicts(without)).toBe("unknown unknown unknown");
  }
});

test("a tail that is cut is missed at every length, by the newest checkpoint", async () => {
  for (const length of all) {
    const report = await verifyLines(lines.slice(0, length), notes);
    expect(report).toMatchObject({ verified: false, completeness: "failed" });
    expect(report.problems).toMatchObject([{ code: "truncated", from: length, to: 59 }]);
  }
});

test("a tail that was cut together with its checkpoints cannot be seen, but by the one that the auditor kept", async () => {
  for (const length of [1, 10, 37]) {
    const older = await notesOf(lines, [length]);
    const unseen = await verifyLines(lines.slice(0, length), older);
    expect(unseen.verified).toBe(true);
    expect(unseen.unknown.join()).toContain(`No checkpoint is newer than entry ${length - 1}.`);
    const report = await verifyLines(lines.slice(0, length), older, {
      keys: [VKEY],
      trustedCheckpoint: last,
    });
    expect(report).toMatchObject({ verified: false, completeness: "failed" });
    expect(codes(report)).toEqual(["truncated"]);
  }
});

test("a tail that another one replaces is found, whoever signs for it", async () => {
  const stranger = newKey(ORIGIN);
  for (const length of [0, 1, 9, 10, 36, 50, 59]) {
    const forged = [
      ...lines.slice(0, length),
      ...Array.from({ length: 65 - length }, (_, i) => lineOf(length + i)),
    ];
    const own = await notesOf(forged, [10, 37, 60, 65], { keys: [stranger] });
    for (const checkpoints of [notes, `${notes}\n${own}`, `${own}\n${notes}`]) {
      const report = await verifyLines(forged, checkpoints);
      expect(report).toMatchObject({ verified: false, integrity: "failed" });
      const good = [37, 10, 1, 0].find((size) => size <= length);
      expect(report.problems).toMatchObject([{ code: "root_mismatch", from: good }]);
    }
    const rewritten = await verifyLines(forged, own);
    expect(verdicts(rewritten)).toBe("unknown unknown failed");
    expect(codes(rewritten)).toEqual(["no_valid_signature"]);
    const withoutKeys = await verifyLines(forged, own, {});
    expect(verdicts(withoutKeys)).toBe("unknown unknown unknown");
    const kept = await verifyLines(forged, own, { trustedCheckpoint: last });
    expect(kept).toMatchObject({ verified: false, integrity: "failed" });
  }
});

test("lines of two logs are told apart", async () => {
  const foreign = lineOf(12, "votes.example/other");
  const report = await verifyLines(lines.with(12, foreign), notes);
  expect(report.origin).toBe(ORIGIN);
  expect(report.problems).toMatchObject([
    { code: "other_log", sequence: 12, line: 13 },
    { code: "root_mismatch", from: 10, to: 36 },
  ]);
  const expected = await verifyLines(lines, notes, { keys: [VKEY], origin: "votes.example/other" });
  expect(verdicts(expected)).toBe("failed unknown failed");
  expect(expected.problemCount).toBe(65);
});

test("an entry that was written again in other words of JSON is not what was sealed", async () => {
  const line = lines[3] as string;
  const rewritings = [
    `${line} `,
    `${line}\r`,
    line.replace(":", ": "),
    line.replace('"v":1', '"v":1,"w":2'),
    line.replace('"v":1', '"v":1,"v":1'),
    line.replace('"seq":3', '"seq":3.0'),
    line.replace('"seq":3', '"seq":3e0'),
    line.replace("vote_cast", "vote\\u005fcast"),
  ];
  for (const rewriting of rewritings) {
    const report = await verifyLines(lines.with(3, rewriting), notes);
    expect(report).toMatchObject({ verified: false, integrity: "failed" });
    expect(report.problems[0]).toMatchObject({ code: "not_canonical", sequence: 3, line: 4 });
  }
});

test("sequences beyond all reason take no memory and are faults", async () => {
  const far = [2 ** 31, 2 ** 32 + 5, 2 ** 50, Number.MAX_SAFE_INTEGER - 1];
  const before = process.memoryUsage().rss;
  const report = await verifyLines([...lines, ...far.map((sequence) => lineOf(sequence))], notes);
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  expect(verdicts(report)).toBe("unknown failed verified");
  expect(report.problems).toMatchObject(
    far.map((sequence, index) => ({
      code: "missing_entries",
      from: index === 0 ? 60 : (far[index - 1] as number) + 1,
      to: sequence - 1,
    })),
  );
});

test("lines that are no entries are found where they stand", async () => {
  const broken: (string | Buffer)[] = [
    Buffer.from([0xff, 0xfe, 0x00]),
    "[".repeat(60_000),
    '{"a":'.repeat(10_000),
    "x".repeat(70_000),
    `{"log":"${"y".repeat(70_000)}","seq":20}`,
    lines[20]?.replace('"seq":20', '"seq":-0') ?? "",
    lines[20]?.replace('"seq":20', '"seq":9007199254740993') ?? "",
    "null",
    "\u001b[2J\u202e",
  ];
  for (const line of broken) {
    const report = await verifyLines((lines as (string | Buffer)[]).with(20, line), notes);
    expect(report).toMatchObject({
      verified: false,
      integrity: "failed",
      completeness: "unknown",
    });
    expect(report.problems[0]).toMatchObject({ code: "malformed_line", sequence: 20, line: 21 });
    expect(report.problems[0]?.message).toMatch(/^[ -~]{1,200}$/);
  }
});

test("a byte that is no UTF-8 is not taken for the replacement character that was sealed", async () => {
  const sealed = lines.with(20, lineOf(20, ORIGIN, { details: { title: "\ufffd" } }));
  const note = await noteOf(sealed);
  expect((await verifyLines(sealed, note)).verified).toBe(true);
  const bytes = Buffer.from(sealed[20] as string);
  const at = bytes.indexOf("\ufffd");
  const altered = Buffer.concat([
    bytes.subarray(0, at),
    Uint8Array.of(0xff),
    bytes.subarray(at + 3),
  ]);
  const report = await verifyLines((sealed as (string | Buffer)[]).with(20, altered), note);
  expect(report).toMatchObject({ verified: false, integrity: "failed" });
  expect(report.problems[0]).toMatchObject({ code: "malformed_line", sequence: 20 });
});

test("what is no log at all is refused, and an empty source is a log of which nothing is known", async () => {
  for (const lines of [["hello"], ["", ""], ["<html>", "</html>"]])
    await expect(verifyLines(lines)).rejects.toMatchObject({ code: "invalid_evidence" });
  await expect(verifyLines([], "no note")).rejects.toMatchObject({ code: "invalid_evidence" });
  const nothing = await verifyLines([]);
  expect(verdicts(nothing)).toBe("unknown unknown unknown");
  expect(nothing.origin).toBe(ORIGIN);
  expect((await verifyLines([], "", {})).origin).toBeUndefined();
  const empty = await verifyLines([], await noteOf([], 0));
  expect(empty).toMatchObject({ verified: true, size: 0, entries: 0 });
  const emptied = await verifyLines([], "", { trustedCheckpoint: last });
  expect(emptied.problems).toMatchObject([{ code: "truncated", from: 0, to: 59 }]);
});

test("many problems are counted, and the first hundred listed", async () => {
  const report = await verifyLines([...lines, ...Array<string>(5000).fill("junk")], notes);
  expect(report.problemCount).toBe(5000);
  expect(report.problems).toHaveLength(100);
});
