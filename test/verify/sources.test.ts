import { describe, expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import type { EvidenceItem } from "../../src/integrity/evidence.js";
import { formatBundle } from "../../src/integrity/evidence-bundle.js";

import { inclusionProof } from "../../src/integrity/merkle/merkle-proofs.js";
import { formatTlogProof } from "../../src/integrity/tlog-proof.js";
import {
  bundleSource,
  ndjsonSource,
  splitNotes,
  tlogProofSource,
  verify,
} from "../../src/verify/index.js";
import {
  codes,
  itemsOf,
  lineOf,
  linesOf,
  noteOf,
  ORIGIN,
  rootOfLines,
  sourceOf,
  VKEY,
  verdicts,
} from "../fixtures/evidence.js";
import { newKey } from "../fixtures/signed-notes.js";

const lines = linesOf(50);
const last = await noteOf(lines);
const notes = await Promise.all([10, 30, 50].map((size) => noteOf(lines, size)));
const keys = [VKEY];
const latin1 = (line: string | Uint8Array): string =>
  (typeof line === "string" ? Buffer.from(line) : Buffer.from(line)).toString("latin1");
const hexOf = (line: string | Uint8Array): string => Buffer.from(leafHashOf(line)).toString("hex");

describe("an NDJSON export", () => {
  const bytes = Buffer.from(lines.join("\n"));
  const read = async (source: AsyncIterable<EvidenceItem>): Promise<string[]> => {
    const found: string[] = [];
    for await (const item of source) if (item.kind === "line") found.push(latin1(item.line));
    return found;
  };

  test("has the same lines wherever its chunks end, as bytes or text, with or without the last line end", async () => {
    const expected = lines.map((line) => Buffer.from(line).toString("latin1"));
    for (const size of [1, 7, 300, 4096, 100_000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await read(ndjsonSource(chunks))).toEqual(expected);
      expect(await read(ndjsonSource([...chunks, "\n"]))).toEqual(expected);
    }
    expect(
      await read(
        ndjsonSource([lines.slice(0, 20).join("\n"), `\n${lines.slice(20).join("\n")}\n`]),
      ),
    ).toEqual(expected);
  });

  test("keeps what is no UTF-8, carriage returns, empty lines and a byte order mark as they are", async () => {
    const odd = Buffer.from("\xef\xbb\xbfa\xff\r\n\n\xc3\n\xef\xbf\xbd\n b", "latin1");
    const expected = ["\xef\xbb\xbfa\xff\r", "", "\xc3", "\xef\xbf\xbd", " b"];
    expect(await read(ndjsonSource([odd]))).toEqual(expected);
    expect(await read(ndjsonSource(Array.from(odd, (byte) => Uint8Array.of(byte))))).toEqual(
      expected,
    );
  });

  test("cuts a line that is too long rather than to keep it", async () => {
    const endless = [
      ...Array.from({ length: 40 }, () => Buffer.alloc(10_000, "x")),
      Buffer.from(`\n${lines[0]}\n`),
    ];
    const found = await read(ndjsonSource(endless));
    expect(found.map(({ length }) => length)).toEqual([
      65_537,
      Buffer.byteLength(lines[0] as string),
    ]);
  });

  test("lets what its chunks throw go through", async () => {
    async function* failing() {
      yield bytes;
      throw new Error("the disk is gone");
    }
    await expect(verify(ndjsonSource(failing()), { keys })).rejects.toThrow("the disk is gone");
  });
});

describe("concatenated notes", () => {
  test("are split, with and without empty lines in between", async () => {
    const notes = await Promise.all([0, 3, 50].map((size) => noteOf(lines, size)));
    const two = await noteOf(lines, 9, { keys: [newKey(ORIGIN), newKey("witness.example")] });
    const all = [...notes, two];
    expect(splitNotes(all.join(""))).toEqual(all);
    expect(splitNotes(`\n${all.join("\n\n\n")}\n\n`)).toEqual(all);
    expect(splitNotes("")).toEqual([]);
    const extended = two.replace("\n\n", "\n— an extension line\n\n");
    expect(splitNotes(extended + two)).toEqual([extended, two]);
  });

  test("that are damaged do not take the next with them", async () => {
    const notes = await Promise.all([10, 20, 30].map((size) => noteOf(lines, size)));
    const [first = "", second = "", third = ""] = notes;
    const damaged = [
      second.replace("\n20\n", "\n\n"),
      second.replace("\n20\n", "\n20\n\n— x y\n"),
      second.slice(1),
    ];
    for (const note of damaged) {
      const split = splitNotes(first + note + third);
      expect(split[0]).toBe(first);
      expect(split.at(-1)).toBe(third);
    }
  });
});

describe("a source that is not in order", () => {
  test("verifies in any order and with lines twice, which are counted", async () => {
    const shuffled = [...lines.slice(25), ...lines.slice(0, 30), ...lines].reverse();
    const source = sourceOf([{ kind: "checkpoint", note: last }, ...itemsOf(shuffled)], {
      ordered: false,
    });
    const report = await verify(source, { keys });
    expect(verdicts(report)).toBe("verified verified verified");
    expect(report).toMatchObject({ entries: 50, duplicates: 55, problems: [] });
    expect(report.reordered).toBeGreaterThan(90);
  });

  test("still has one line for each sequence", async () => {
    const items = itemsOf([...lines, lineOf(8)]);
    const report = await verify(
      sourceOf([...items, { kind: "checkpoint", note: last }], { ordered: false }),
      { keys },
    );
    expect(verdicts(report)).toBe("failed unknown verified");
    expect(report.problems).toMatchObject([{ code: "conflicting_lines", sequence: 8, line: 51 }]);
    const missing = await verify(
      sourceOf([...itemsOf(lines.toSpliced(8, 1)), { kind: "checkpoint", note: last }], {
        ordered: false,
      }),
      { keys },
    );
    expect(missing.problems).toMatchObject([{ code: "missing_entries", from: 8, to: 8 }]);
  });
});

describe("pruned entries", () => {
  const items = (kept: readonly number[]): EvidenceItem[] =>
    lines.map((line, sequence) =>
      kept.includes(sequence)
        ? { kind: "line", line }
        : { kind: "pruned", sequence, leafHash: hexOf(line) },
    );
  const from = (first: number): number[] => [...lines.keys()].slice(first);
  const checkpoints = notes.map((note): EvidenceItem => ({ kind: "checkpoint", note }));

  test("at the beginning are whole as far as the caller accepts it, if no entry announces them", async () => {
    for (const first of [1, 20, 50]) {
      const source = sourceOf([...items(from(first)), ...checkpoints]);
      for (const acceptPruned of [0, first - 1]) {
        const report = await verify(source, { keys, acceptPruned });
        expect(verdicts(report)).toBe("verified failed verified");
        expect(report.problems).toMatchObject([
          { code: "unsealed_pruning", from: 0, to: first - 1 },
        ]);
        expect(report.unknown.join()).toContain("pruned, and no more");
      }
      const report = await verify(source, { keys, acceptPruned: first });
      expect(report.verified).toBe(true);
      expect(report).toMatchObject({
        pruned: first,
        entries: 50 - first,
        covered: 50 - first,
        size: 50,
      });
      expect(report.unknown.join()).toContain(
        `${first} ${first === 1 ? "entry was" : "entries were"} pruned`,
      );
    }
  });

  test("whose leaf hash was changed fail the roots", async () => {
    const altered = items(from(20)).with(5, {
      kind: "pruned",
      sequence: 5,
      leafHash: hexOf("else"),
    });
    const accepting = { keys, acceptPruned: 20 };
    const report = await verify(sourceOf([...altered, ...checkpoints]), accepting);
    expect(report.problems).toMatchObject([{ code: "root_mismatch", from: 0, to: 9 }]);
    const broken = items(from(20)).with(5, { kind: "pruned", sequence: 5, leafHash: "beef" });
    expect(codes(await verify(sourceOf([...broken, ...checkpoints]), accepting))).toEqual([
      "missing_entries",
      "source_problem",
    ]);
  });

  test("behind an entry that is kept are a failure: that is no retention", async () => {
    const report = await verify(
      sourceOf([...items([...from(20).filter((n) => n !== 33), 7]), ...checkpoints]),
      { keys, acceptPruned: 34 },
    );
    expect(verdicts(report)).toBe("verified failed verified");
    expect(report.problems).toMatchObject([{ code: "pruned_gap", sequence: 33 }]);
  });
});

describe("a source with leaf hashes", () => {
  const stored = lines.map((line): EvidenceItem => ({ kind: "line", line, leafHash: hexOf(line) }));
  const note: EvidenceItem = { kind: "checkpoint", note: last };

  test("shows which line was altered, and that the others are what was signed", async () => {
    const altered = stored.with(9, {
      kind: "line",
      line: lineOf(9),
      leafHash: hexOf(lines[9] as string),
    });
    const report = await verify(sourceOf([...altered, note]), { keys });
    expect(verdicts(report)).toBe("failed unknown verified");
    expect(report.problems).toMatchObject([{ code: "leaf_hash_mismatch", sequence: 9, line: 10 }]);
    expect(report.problemCount).toBe(1);
  });

  test("shows a leaf hash that was altered with its line by the root", async () => {
    const line = lineOf(9);
    const report = await verify(
      sourceOf([...stored.with(9, { kind: "line", line, leafHash: hexOf(line) }), note]),
      { keys },
    );
    expect(report.problems).toMatchObject([{ code: "root_mismatch", from: 0, to: 49 }]);
    const hashOnly = { kind: "line", line: lines[9] as string, leafHash: hexOf(line) } as const;
    const other = await verify(sourceOf([...stored.with(9, hashOnly), note]), { keys });
    expect(other.problems).toMatchObject([{ code: "leaf_hash_mismatch", sequence: 9 }]);
    expect(other.checkpoints).toMatchObject([{ consistent: true }]);
  });

  test("passes on what it found wrong itself", async () => {
    const items = stored.with(9, {
      kind: "line",
      line: lines[9] as string,
      problem: "its column says \u001b[31mreject",
    });
    const report = await verify(sourceOf([...items, note]), { keys });
    expect(verdicts(report)).toBe("failed unknown verified");
    expect(report.problems).toMatchObject([
      {
        code: "source_problem",
        sequence: 9,
        line: 10,
        message: '"its column says \\u001b[31mreject"',
      },
    ]);
  });
});

describe("a partial source", () => {
  const range = (first: number, end: number): string[] => lines.slice(first, end);
  const reader = (first: number, height: number): Uint8Array =>
    rootOfLines(range(first, first + 2 ** height));
  const proofOf = (index: number): Uint8Array[] => inclusionProof(index, 50, reader);
  const bundle = (changes: Readonly<Record<number, string>> = {}, checkpoint = last): string =>
    formatBundle({
      origin: ORIGIN,
      checkpoint,
      entries: [3, 17, 49].map((sequence) => ({
        sequence,
        line: changes[sequence] ?? (lines[sequence] as string),
        proof: proofOf(sequence),
      })),
    });

  test("verifies by its proofs, while nothing about completeness is known", async () => {
    const report = await verify(bundleSource(bundle()), { keys });
    expect(verdicts(report)).toBe("verified unknown verified");
    expect(report).toMatchObject({ verified: true, entries: 3, covered: 3, problems: [] });
  });

  test("fails where a line or its proof is another", async () => {
    for (const line of [lineOf(17), lines[18] as string, "junk"]) {
      const report = await verify(bundleSource(bundle({ 17: line })), { keys });
      expect(report).toMatchObject({
        verified: false,
        integrity: "failed",
        completeness: line === lineOf(17) ? "unknown" : report.completeness,
      });
      expect(codes(report)).toEqual([line === "junk" ? "malformed_line" : "proof_mismatch"]);
    }
    const swapped = JSON.parse(bundle());
    [swapped.entries[0].proof, swapped.entries[1].proof] = [
      swapped.entries[1].proof,
      swapped.entries[0].proof,
    ];
    const report = await verify(bundleSource(JSON.stringify(swapped)), { keys });
    expect(report.problems).toMatchObject([
      { code: "proof_mismatch", sequence: 3 },
      { code: "proof_mismatch", sequence: 17 },
    ]);
  });

  test("without a signature that counts proves nothing", async () => {
    const unsigned = await noteOf(lines, 50, { keys: [newKey(ORIGIN)] });
    expect(verdicts(await verify(bundleSource(bundle({}, unsigned)), { keys }))).toBe(
      "unknown unknown failed",
    );
    expect(verdicts(await verify(bundleSource(bundle()), {}))).toBe("unknown unknown unknown");
    expect((await verify(bundleSource(bundle()), { trustedCheckpoint: last })).verified).toBe(true);
    const diverging = await noteOf([...lines.slice(0, 49), lineOf(49)]);
    const report = await verify(bundleSource(bundle()), { keys, trustedCheckpoint: diverging });
    expect(report.problems).toMatchObject([{ code: "fork" }]);
    expect(report.verified).toBe(false);
  });

  test("can hold a line without a proof, which is then not covered", async () => {
    const items: EvidenceItem[] = [
      { kind: "checkpoint", note: last },
      ...itemsOf([lines[3] as string]),
    ];
    const report = await verify(sourceOf(items, { partial: true }), { keys });
    expect(verdicts(report)).toBe("unknown unknown verified");
    expect(report.unknown.join()).toContain("1 entry is not proved by a checkpoint");
    const inclusion = { index: 17, size: 50, hashes: proofOf(17) };
    const proved = await verify(
      sourceOf([...items, { kind: "line", line: lines[17] as string, inclusion }], {
        partial: true,
      }),
      { keys },
    );
    expect(verdicts(proved)).toBe("unknown unknown verified");
    expect(proved).toMatchObject({ entries: 2, covered: 1 });
  });

  test("fails where the place of a line is not its sequence, though its proof is right", async () => {
    const swapped = [lines[1] as string, lines[0] as string];
    const inclusion = { index: 0, size: 2, hashes: [leafHashOf(lines[0] as string)] };
    const note = await noteOf(swapped);
    const items: EvidenceItem[] = [
      { kind: "checkpoint", note },
      { kind: "line", line: lines[1] as string, inclusion },
    ];
    const report = await verify(sourceOf(items, { partial: true }), { keys });
    expect(codes(report)).toEqual(["proof_mismatch"]);
  });

  test("can be a tlog-proof, with its line in it or beside it", async () => {
    const line = lines[17] as string;
    const proof = { index: 17, proof: proofOf(17), checkpoint: last };
    const whole = formatTlogProof({ ...proof, extra: Buffer.from(line) });
    expect((await verify(tlogProofSource(whole), { keys })).verified).toBe(true);
    expect((await verify(tlogProofSource(formatTlogProof(proof), line), { keys })).verified).toBe(
      true,
    );
    expect((await verify(tlogProofSource(whole, lineOf(17)), { keys })).integrity).toBe("failed");
    expect(() => tlogProofSource(formatTlogProof(proof))).toThrow("it holds no line");
    const elsewhere = await verify(
      tlogProofSource(formatTlogProof({ ...proof, index: 18, extra: Buffer.from(line) })),
      { keys },
    );
    expect(codes(elsewhere)).toEqual(["proof_mismatch"]);
  });
});
