import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LeafTable } from "../../src/verify/leaf-table.js";
import { lineOf, linesOf, noteOf, VKEY, verifyLines } from "../fixtures/evidence.js";
import { runs } from "../fixtures/long-runs.js";

test("a table of leaves answers what a map answers, in whatever order sequences come", () => {
  const sequence = fc.oneof(
    fc.nat(40),
    fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 32 + 5, 2 ** 50, Number.MAX_SAFE_INTEGER - 1),
    fc.maxSafeNat(),
  );
  const start = fc.tuple(fc.nat(2000), fc.nat(2000));
  fc.assert(
    fc.property(start, fc.array(sequence, { maxLength: 100 }), ([first, count], others) => {
      const table = new LeafTable();
      const model = new Map<number, string>();
      for (const each of [...Array.from({ length: count }, (_, at) => first + at), ...others]) {
        const hash = randomBytes(32).toString("hex");
        table.set(each, hash, each % 1000);
        model.set(each, hash);
      }
      for (const [each, hash] of model) {
        expect(table.holds(each, hash)).toBe(true);
        expect(table.timeMillis(each)).toBe(each % 1000);
      }
      for (const other of [first - 1, first + count, 41, 2 ** 51])
        expect(table.has(other)).toBe(model.has(other));
      const sorted = [...model.keys()].sort((a, b) => a - b);
      expect(table.end).toBe((sorted.at(-1) ?? -1) + 1);
      const gaps = sorted.flatMap((each, at) => {
        const from = at === 0 ? 0 : (sorted[at - 1] as number) + 1;
        return each > from ? [{ from, to: each - 1 }] : [];
      });
      expect([...table.missing()]).toEqual(gaps);
    }),
    { numRuns: runs(200) },
  );
});

test("a leaf takes 48 bytes in order, and no more than 72 where sequences are scattered", () => {
  const count = 20_000;
  const hash = randomBytes(32).toString("hex");
  for (const [sequenceOf, most] of [
    [(n: number) => 7 + n, 49],
    [(n: number) => (n * 2 ** 33) % (2 ** 53 - 1), 72],
    [(n: number) => Math.floor(Number.MAX_SAFE_INTEGER / (n + 2)), 72],
  ] as const) {
    const table = new LeafTable();
    for (let n = 0; n < count; n++) table.set(sequenceOf(n), hash);
    expect(table.bytes / count).toBeLessThan(most + (1024 * 48) / count);
  }
});

test("what would take more memory than the caller allows is not judged, unless something is wrong", async () => {
  const lines = linesOf(2000);
  const note = await noteOf(lines);
  const options = { keys: [VKEY], maxBytes: 60_000 };
  await expect(verifyLines(lines, note, options)).rejects.toMatchObject({
    code: "invalid_evidence",
    message: expect.stringContaining("--max-bytes"),
  });
  const altered = lines.with(3, `${lineOf(3)} `);
  const report = await verifyLines(altered, note, options);
  expect(report).toMatchObject({ verified: false, integrity: "failed" });
  expect(report.problems.map(({ code }) => code)).toEqual(["not_canonical", "source_problem"]);
  expect((await verifyLines(lines, note, { ...options, maxBytes: 200_000 })).verified).toBe(true);
});
