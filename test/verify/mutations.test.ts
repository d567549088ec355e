import fc from "fast-check";
import { expect, test } from "vitest";
import { readAnyLine, readLine } from "../../src/entry/line.js";
import { AuditError } from "../../src/errors.js";
import { verify } from "../../src/verify/index.js";
import {
  itemsOf,
  lineOf,
  linesOf,
  noteOf,
  sourceOf,
  VKEY,
  verifyLines,
} from "../fixtures/evidence.js";
import { runs } from "../fixtures/long-runs.js";

const keys = [VKEY];
const lines = linesOf(24);
const notes = await Promise.all(lines.map((_, index) => noteOf(lines, index + 1)));

const mutation = fc.oneof(
  fc.record({
    kind: fc.constant("bytes"),
    at: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 4 }),
    cut: fc.nat(4),
  }),
  fc.record({ kind: fc.constant("delete"), at: fc.nat() }),
  fc.record({ kind: fc.constant("copy"), at: fc.nat(), to: fc.nat() }),
  fc.record({ kind: fc.constant("move"), at: fc.nat(), to: fc.nat() }),
  fc.record({ kind: fc.constant("replace"), at: fc.nat() }),
);

test("any single change to any log whose newest checkpoint is at hand is found", async () => {
  const cases = fc.tuple(
    fc.integer({ min: 2, max: 24 }),
    fc.array(fc.nat(23), { maxLength: 3 }),
    mutation,
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([size, others, change]) => {
      const log = lines.slice(0, size);
      const bytes = Buffer.from(`${log.join("\n")}\n`);
      const at = "at" in change ? change.at % size : 0;
      let altered: Buffer;
      if (change.kind === "bytes" && "bytes" in change) {
        const start = change.at % bytes.length;
        altered = Buffer.concat([
          bytes.subarray(0, start),
          change.bytes,
          bytes.subarray(start + change.cut),
        ]);
      } else {
        const moved = log[at] as string;
        const rest = change.kind === "copy" ? log : log.toSpliced(at, 1);
        const to = "to" in change ? change.to % (rest.length + 1) : at;
        const inserted =
          change.kind === "delete" ? [] : [change.kind === "replace" ? lineOf(at) : moved];
        altered = Buffer.from(`${rest.toSpliced(to, 0, ...inserted).join("\n")}\n`);
      }
      // Without its last line end, an export is the same lines.
      fc.pre(!bytes.equals(altered) && !bytes.subarray(0, -1).equals(altered));
      const checkpoints = [...others.filter((other) => other < size), size - 1].map(
        (index) => notes[index],
      );
      const chunks = altered
        .toString("latin1")
        .split("\n")
        .map((line) => Buffer.from(line, "latin1"));
      if (chunks.at(-1)?.length === 0) chunks.pop();
      const report = await verifyLines(chunks, checkpoints.join("")).catch(
        (error: unknown) => error,
      );
      if (report instanceof AuditError) expect(report.code).toBe("invalid_evidence");
      else expect(report).toMatchObject({ verified: false });
    }),
    { numRuns: runs(2000) },
  );
});

test("any log verifies, in any order and with any lines twice where that is to be expected", async () => {
  const cases = fc.tuple(
    fc.integer({ min: 1, max: 24 }),
    fc.array(fc.nat(), { maxLength: 10 }),
    fc.infiniteStream(fc.nat()),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([size, twice, order]) => {
      const log = lines.slice(0, size);
      const items = itemsOf([...log, ...twice.map((at) => log[at % size] as string)]);
      const withNotes = [
        ...items,
        ...notes.slice(0, size).map((note) => ({ kind: "checkpoint" as const, note })),
      ];
      const shuffled = withNotes
        .map((item) => [order.next().value ?? 0, item] as const)
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item);
      const report = await verify(sourceOf(shuffled, { ordered: false }), { keys });
      expect(report).toMatchObject({
        verified: true,
        entries: size,
        duplicates: twice.length,
        problems: [],
      });
      const ordered = await verifyLines(log, notes.slice(0, size).join(""));
      expect(ordered).toMatchObject({ verified: true, completeness: "verified", covered: size });
    }),
    { numRuns: runs(200) },
  );
});

test("the quick reading of a line answers what parsing it and writing it again does", () => {
  const letters = fc.constantFrom(...'{}[]",:\\ 019.-eE+aseqlgv\u0000\u001f\u007fé\ud800');
  const cases = fc.tuple(fc.nat(23), fc.nat(), fc.nat(6), fc.array(letters, { maxLength: 6 }));
  fc.assert(
    fc.property(cases, ([sequence, at, cut, inserted]) => {
      const line = lines[sequence] as string;
      const start = at % line.length;
      const altered = line.slice(0, start) + inserted.join("") + line.slice(start + cut);
      expect(readLine(altered)).toEqual(readAnyLine(altered));
    }),
    { numRuns: runs(20_000) },
  );
  const details = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.array(fc.nat())),
  );
  fc.assert(
    fc.property(details, (found) => {
      const json = JSON.stringify(found);
      const line = (lines[1] as string).replace(/"details":\{.*?\}/, () => `"details":${json}`);
      expect(readLine(line)).toEqual(readAnyLine(line));
    }),
    { numRuns: runs(2000) },
  );
});

test("every line that a log seals is read as canonical", () => {
  for (const [sequence, line] of lines.entries())
    expect(readLine(line)).toMatchObject({ sequence, canonical: true });
});
