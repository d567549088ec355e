import { expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import { AuditError } from "../../src/errors.js";

import { type VerificationReport, verify } from "../../src/verify/index.js";
import { itemsOf, linesOf, noteOf, sourceOf, VKEY, verifyLines } from "../fixtures/evidence.js";

/** Of 200 entries; EVIDENCE_ENTRIES=200 flips the bits of all of them. */
const ENTRIES = Number(process.env["EVIDENCE_ENTRIES"] ?? 2);
const LOG = 200;
const lines = linesOf(LOG);
/** One in so many of them has its bits flipped within the whole log. */
const EVERY = ENTRIES === LOG ? 1 : 4;
const chosen = Array.from({ length: ENTRIES }, (_, index) => Math.floor((index * LOG) / ENTRIES));

/** The line with one bit of its UTF-8 turned. */
function flipped(line: string, bit: number): Buffer {
  const bytes = Buffer.from(line);
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return bytes;
}

/** Whether the report says where, as near as the codes allow. */
function locates(report: VerificationReport, sequence: number): boolean {
  return report.problems.some(
    ({ sequence: at, from = at ?? Number.NaN, to = at ?? Number.NaN }) =>
      from <= sequence && sequence <= to,
  );
}

test("every bit that is flipped in a line is found and located, by verify itself", async () => {
  // The line stands in a log of four of which it is the second: what the verdict needs of the others is their leaves.
  for (const sequence of chosen) {
    const short = linesOf(4);
    const line = (lines[sequence] as string).replace(`"seq":${sequence},`, '"seq":1,');
    short[1] = line;
    const trustedCheckpoint = await noteOf(short);
    const bits = Buffer.byteLength(line) * 8;
    for (let bit = 0; bit < bits; bit++) {
      const altered = short.map((other, at) => (at === 1 ? flipped(line, bit) : other));
      const report = await verifyLines(altered, "", { trustedCheckpoint });
      const failed = report.integrity === "failed" || report.completeness === "failed";
      const found = !report.verified && failed && locates(report, 1);
      if (!found) expect.fail(`bit ${bit} of ${line}: ${JSON.stringify(report)}`);
    }
  }
}, 600_000);

test("a flipped bit in every eighth byte of a log of 200 is found, between two checkpoints at the least", async () => {
  const checkpoints = (
    await Promise.all([50, 100, 150, 200].map((size) => noteOf(lines, size)))
  ).join("");
  for (const sequence of chosen.filter((_, index) => index % EVERY === 0)) {
    const line = lines[sequence] as string;
    for (let byte = sequence % 8; byte < Buffer.byteLength(line); byte += 8) {
      const altered = lines.map((other, at) =>
        at === sequence ? flipped(line, byte * 8 + (byte % 8)) : other,
      );
      const report = await verifyLines(altered, checkpoints);
      const interval = report.problems.find(({ code }) => code === "root_mismatch");
      const failed = report.integrity === "failed" || report.completeness === "failed";
      const found = !report.verified && failed && locates(report, sequence);
      if (!found) expect.fail(`byte ${byte} of ${line}: ${JSON.stringify(report)}`);
      if (interval !== undefined)
        expect((interval.to ?? 0) - (interval.from ?? 0)).toBeLessThanOrEqual(49);
    }
  }
}, 600_000);

test("a flipped bit is located at its entry where the source has leaf hashes", async () => {
  const note = await noteOf(lines);
  for (const sequence of chosen) {
    for (let bit = sequence; bit < Buffer.byteLength(lines[sequence] as string) * 8; bit += 997) {
      const items = itemsOf(lines).map((item, at) => {
        const line = lines[at] as string;
        const leafHash = Buffer.from(leafHashOf(line)).toString("hex");
        return {
          ...item,
          kind: "line" as const,
          line: at === sequence ? flipped(line, bit) : line,
          leafHash,
        };
      });
      const source = sourceOf([...items, { kind: "checkpoint", note }]);
      const report = await verify(source, { keys: [VKEY] });
      expect(report).toMatchObject({ verified: false, integrity: "failed" });
      expect(locates(report, sequence), JSON.stringify(report.problems)).toBe(true);
      // All other lines hash to the signed root with the stored leaf hash.
      expect(
        report.problems.every(({ code }) => code !== "root_mismatch" || report.size < 200),
      ).toBe(true);
    }
  }
});

test("a log of one line that no longer reads as an entry, without any checkpoint, cannot be checked at all", async () => {
  const [line = ""] = lines;
  const error = await verifyLines([flipped(line, 1)]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AuditError);
  expect((error as AuditError).code).toBe("invalid_evidence");
});
