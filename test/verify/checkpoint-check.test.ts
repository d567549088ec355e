import { describe, expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import { checkpointText } from "../../src/integrity/checkpoint.js";
import { type EvidenceItem, verify } from "../../src/verify/index.js";
import {
  codes,
  itemsOf,
  KEY,
  lineOf,
  linesOf,
  noteOf,
  notesOf,
  ORIGIN,
  rootOfLines,
  START,
  sourceOf,
  VKEY,
  verdicts,
  verifyLines,
} from "../fixtures/evidence.js";
import { cosigner, HAS_ML_DSA, newKey } from "../fixtures/signed-notes.js";

const lines = linesOf(40);
const last = await noteOf(lines);
const stranger = newKey(ORIGIN);
const at = (sequence: number): Date => new Date(START + sequence * 1000);

/** The log as it went on differently after so many entries. */
const forkedAt = (length: number, size = 40): string[] => [
  ...lines.slice(0, length),
  ...Array.from({ length: size - length }, (_, i) => lineOf(length + i)),
];

describe("signatures", () => {
  test("one that its key did not make is a failure, though the root is right", async () => {
    const other = await noteOf(lines.slice(0, 39));
    const forged = last.slice(0, last.indexOf("\n\n")) + other.slice(other.indexOf("\n\n"));
    const report = await verifyLines(lines, forged);
    expect(verdicts(report)).toBe("unknown unknown failed");
    expect(codes(report)).toEqual(["invalid_signature", "no_valid_signature"]);
    expect(report.checkpoints).toMatchObject([{ consistent: true, signed: false }]);
    const beside = await verifyLines(lines, `${forged}${last}`);
    expect(verdicts(beside)).toBe("verified verified failed");
    expect(beside.verified).toBe(false);
  });

  test("one that is not valid beside one that is takes the checkpoint its weight", async () => {
    const second = newKey(ORIGIN);
    const both = await noteOf(lines, 40, { keys: [KEY, second] });
    const older = await noteOf(lines, 39, { keys: [KEY, second] });
    const forged = both
      .split("\n")
      .with(-2, older.split("\n").at(-2) as string)
      .join("\n");
    const report = await verifyLines(lines, forged, { keys: [VKEY, second.verifierKey.vkey] });
    expect(verdicts(report)).toBe("unknown unknown failed");
    expect(report.checkpoints).toMatchObject([{ signed: false, consistent: true }]);
    expect(report.keys.map(({ valid, invalid }) => [valid, invalid])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test("those of unknown keys lend no weight, and are listed", async () => {
    const report = await verifyLines(lines, await noteOf(lines, 40, { keys: [stranger] }));
    expect(verdicts(report)).toBe("unknown unknown failed");
    expect(report.covered).toBe(0);
    expect(report.newestCheckpoint).toBeUndefined();
    expect(report.keys).toMatchObject([{ name: ORIGIN, kind: "unknown", unchecked: 1 }]);
    const both = await verifyLines(lines, await noteOf(lines, 40, { keys: [stranger, KEY] }));
    expect(verdicts(both)).toBe("verified verified verified");
  });

  test("those of witnesses alone do not stand for the log", async () => {
    const witness = newKey("witness.example");
    const note = await noteOf(lines, 40, { keys: [stranger, witness] });
    const keys = [{ vkey: witness.verifierKey.vkey, witness: true }];
    const report = await verifyLines(lines, note, { keys });
    expect(verdicts(report)).toBe("unknown unknown failed");
    expect(report.keys).toMatchObject([{ kind: "unknown" }, { kind: "cosignature", valid: 1 }]);
  });

  describe("of a witness do not stand for a log that is named as the witness", () => {
    const name = "witness.example";
    const forged = linesOf(3, name);

    test("with a key of cosignatures", async () => {
      const text = checkpointText(name, 3, rootOfLines(forged));
      const { line, key } = cosigner(name, text, START / 1000);
      const note = `${text}\n${line}`;
      for (const keys of [[key.vkey], [VKEY, key.vkey]]) {
        const report = await verifyLines(forged, note, { keys });
        expect(report.verified).toBe(false);
        expect(report.authenticity).toBe("failed");
      }
    });

    test("with a key that the caller marks as a witness's", async () => {
      const witness = newKey(name);
      const note = await noteOf(forged, 3, { origin: name, keys: [witness] });
      const { vkey } = witness.verifierKey;
      const marked = await verifyLines(forged, note, { keys: [VKEY, { vkey, witness: true }] });
      expect(marked.verified).toBe(false);
      expect(codes(marked)).toContain("other_log");
      const pinned = await verifyLines(forged, note, { keys: [VKEY, vkey], origin: ORIGIN });
      expect(pinned.verified).toBe(false);
      const chosen = await verifyLines(forged, note, { keys: [VKEY, vkey] });
      expect(chosen.unknown.join()).toContain("The evidence itself says which log it is.");
    });
  });

  test("evidence of another log than the one that the key is named after is of another log", async () => {
    const other = linesOf(3, "other.example");
    const note = await noteOf(other, 3, {
      origin: "other.example",
      keys: [newKey("other.example")],
    });
    const report = await verifyLines(other, note);
    expect(verdicts(report)).toBe("failed unknown failed");
    expect(codes(report)).toContain("other_log");
    expect(report.origin).toBe(ORIGIN);
  });

  test("a checkpoint that none of the keys signed and that contradicts the entries is a contradiction all the same", async () => {
    const wrong = await noteOf(forkedAt(5), 20, { keys: [stranger] });
    const report = await verifyLines(lines, `${last}${wrong}`);
    expect(verdicts(report)).toBe("failed unknown verified");
    expect(report.problems).toMatchObject([{ code: "root_mismatch", from: 0, to: 19 }]);
    expect(report.covered).toBe(40);
    const sameSize = await verifyLines(
      lines,
      last + (await noteOf(forkedAt(5), 40, { keys: [stranger] })),
    );
    expect(verdicts(sameSize)).toBe("failed unknown verified");
    expect(codes(sameSize)).toEqual(["root_mismatch"]);
  });

  test("a checkpoint of an empty log covers nothing", async () => {
    const report = await verifyLines(lines, await noteOf(lines, 0));
    expect(verdicts(report)).toBe("unknown unknown verified");
    expect(report).toMatchObject({ verified: false, covered: 0 });
  });

  test.runIf(HAS_ML_DSA)("of ML-DSA-44 verify as well, and say when", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const note = await noteOf(lines, 40, { keys: [KEY, key] });
    for (const keys of [[key.verifierKey.vkey], [key.verifierKey.vkey, VKEY]]) {
      const report = await verifyLines(lines, note, { keys });
      expect(report.verified).toBe(true);
      expect(report.newestCheckpoint?.time).toBe(at(40).toISOString());
    }
  });
});

describe("keys with a period", () => {
  const old = newKey(ORIGIN);
  const late = newKey(ORIGIN);
  const rotated = [
    { vkey: old.verifierKey.vkey, notAfter: at(20) },
    { vkey: late.verifierKey.vkey, notBefore: at(20) },
  ];
  const signed = async (size: number, key: typeof old): Promise<string> =>
    noteOf(lines, size, { keys: [key] });

  test("count for what they signed in it, by the times of the entries", async () => {
    const notes =
      (await signed(10, old)) +
      (await signed(20, old)) +
      (await signed(21, late)) +
      (await signed(40, late));
    const report = await verifyLines(lines, notes, { keys: rotated });
    expect(report.problems).toEqual([]);
    expect(report.verified).toBe(true);
  });

  test("may have signed what was recorded before they came into use, when nothing was since", async () => {
    const report = await verifyLines(lines, await signed(40, late), {
      keys: [{ vkey: late.verifierKey.vkey, notBefore: at(1000) }],
    });
    expect(report.verified).toBe(true);
  });

  test("have signed nothing yet when their period begins in the future", async () => {
    const notBefore = new Date(Date.now() + 86_400_000);
    const algorithms = HAS_ML_DSA ? (["ed25519", "ml-dsa-44"] as const) : (["ed25519"] as const);
    for (const algorithm of algorithms) {
      const key = newKey(ORIGIN, algorithm);
      const note = await noteOf(lines, 40, { keys: [key], timeMillis: notBefore.getTime() });
      const keys = [{ vkey: key.verifierKey.vkey, notBefore }];
      const report = await verifyLines(lines, note, { keys });
      expect(codes(report)).toEqual(["invalid_signature", "no_valid_signature"]);
      expect(report.problems[0]?.message).toContain("its key has not come into use yet");
      const past = [{ vkey: key.verifierKey.vkey, notBefore: at(0) }];
      expect((await verifyLines(lines, note, { keys: past })).verified).toBe(true);
    }
  });

  test("do not count for what they signed outside of it", async () => {
    const after = await verifyLines(lines, await signed(40, old), { keys: rotated });
    expect(verdicts(after)).toBe("unknown unknown failed");
    expect(codes(after)).toEqual(["invalid_signature", "no_valid_signature"]);
    const before = await verifyLines(lines, (await signed(10, late)) + (await signed(40, late)), {
      keys: rotated,
    });
    expect(before.verified).toBe(false);
    expect(codes(before)).toEqual(["invalid_signature"]);
  });

  test("cannot be judged where the entry is not there", async () => {
    const report = await verifyLines(lines.slice(0, 30), await signed(40, old), { keys: rotated });
    expect(verdicts(report)).toBe("unknown failed unknown");
    expect(report.unknown.join()).toContain("could not be checked");
  });

  test.runIf(HAS_ML_DSA)("of ML-DSA-44 are held against the time that they signed", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const keys = [{ vkey: key.verifierKey.vkey, notAfter: at(20) }];
    const note = await noteOf(lines, 40, { keys: [key], timeMillis: START + 50_000 });
    expect(codes(await verifyLines(lines, note, { keys }))).toContain("invalid_signature");
    const inside = await noteOf(lines, 20, { keys: [key], timeMillis: START + 19_000 });
    expect((await verifyLines(lines, inside, { keys, coveredOnly: true })).verified).toBe(true);
  });

  test.runIf(HAS_ML_DSA)(
    "of ML-DSA-44 cannot sign, with an earlier time, what was recorded after their period",
    async () => {
      const key = newKey(ORIGIN, "ml-dsa-44");
      const keys = [{ vkey: key.verifierKey.vkey, notAfter: at(20) }];
      const note = await noteOf(lines, 40, { keys: [key], timeMillis: START + 19_000 });
      const report = await verifyLines(lines, note, { keys });
      expect(report.verified).toBe(false);
      expect(codes(report)).toContain("invalid_signature");
      expect(report.checkpoints).toMatchObject([
        { signed: false, signatures: [{ status: "invalid", time: at(19).toISOString() }] },
      ]);
    },
  );
});

describe("the set of checkpoints", () => {
  test("loses its say where one is dropped, and nothing else", async () => {
    const altered = lines.with(15, lineOf(15));
    const all = await verifyLines(altered, await notesOf(lines, [10, 20, 40]));
    expect(all.problems).toMatchObject([{ from: 10, to: 19 }]);
    const fewer = await verifyLines(altered, await notesOf(lines, [10, 40]));
    expect(fewer.problems).toMatchObject([{ from: 10, to: 39 }]);
    const untouched = await verifyLines(lines, await notesOf(lines, [10, 40]));
    expect(untouched.verified).toBe(true);
  });

  test("two of one size that the log signed are a fork, whichever the entries agree with", async () => {
    const other = await noteOf(forkedAt(30));
    for (const notes of [`${last}${other}`, `${other}${last}`]) {
      for (const present of [lines, forkedAt(30), lines.slice(0, 20)]) {
        const report = await verifyLines(present, notes);
        expect(report).toMatchObject({
          verified: false,
          integrity: "failed",
          authenticity: "failed",
        });
        expect(report.problems[0]?.code).toBe("fork");
      }
    }
  });

  test("a later one that does not continue an earlier one is a fork", async () => {
    const forked = forkedAt(5);
    const report = await verifyLines(forked, `${await noteOf(lines, 20)}${await noteOf(forked)}`);
    expect(report.problems).toMatchObject([{ code: "fork", from: 0, to: 19 }]);
    expect(verdicts(report)).toBe("failed unknown failed");
  });

  test("one of another log is a failure", async () => {
    const foreign = await noteOf(lines, 40, {
      origin: "votes.example/other",
      keys: [newKey("votes.example/other")],
    });
    const report = await verifyLines(lines, last + foreign);
    expect(verdicts(report)).toBe("verified verified failed");
    expect(codes(report)).toEqual(["other_origin"]);
    expect(report.checkpointCount).toBe(1);
  });

  test("a kept one that cannot be read proves nothing, and the report says what is wrong", async () => {
    for (const damaged of [
      last.replace("\n40\n", "\n4O\n"),
      last.replace("—", "-"),
      last.replace(/(.{76})/, "$1\n"),
      last.replace("\n40\n", "\n40 \n"),
    ]) {
      const report = await verifyLines(lines, `${last}\n${damaged}`);
      expect(verdicts(report), damaged).toBe("verified verified unknown");
      expect(report.verified).toBe(false);
      expect(report.problems).toEqual([]);
      expect(report.unknown.join()).toMatch(
        /a checkpoint that begins ".*" cannot be read: .*expected/,
      );
    }
    const alone = await verifyLines(lines, last.replace("—", "-"));
    expect(verdicts(alone)).toBe("unknown unknown unknown");
  });

  test("one in a store that cannot be read is a problem", async () => {
    const note = last.replace("\n40\n", "\n4O\n");
    const notes = [last, note].map((text) => ({ kind: "checkpoint", note: text }) as const);
    const source = sourceOf([...itemsOf(lines), ...notes]);
    const report = await verify(source, { keys: [VKEY] });
    expect(verdicts(report)).toBe("verified verified failed");
    expect(codes(report)).toEqual(["malformed_checkpoint"]);
  });

  test.each<[what: string, change: (note: string) => string]>([
    ["without its last line end", (note) => note.trimEnd()],
    ["with carriage returns", (note) => note.replaceAll("\n", "\r\n")],
    ["with a byte order mark", (note) => `\uFEFF${note}`],
    ["with all of these", (note) => `\uFEFF${note.trimEnd().replaceAll("\n", "\r\n")}`],
    ["with empty lines around it", (note) => `\n\n${note}\n\n`],
  ])("one that came %s is read all the same", async (_, change) => {
    const two = change((await noteOf(lines, 20)) + last);
    const report = await verifyLines(lines, two);
    expect(report).toMatchObject({ verified: true, covered: 40, checkpointCount: 2 });
    const trusted = await verifyLines(lines, "", { trustedCheckpoint: change(last) });
    expect(trusted.verified).toBe(true);
  });

  test("a flipped bit of a checkpoint is found", async () => {
    const bytes = Buffer.from(last);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const report = await verifyLines(lines.slice(0, 3), flipped.toString(), {
        keys: [VKEY],
      }).catch(() => undefined);
      expect(report?.verified ?? false, `bit ${bit}`).toBe(false);
    }
  });
});

describe("a trusted checkpoint", () => {
  test("verifies a log without keys, and the report says what that rests on", async () => {
    const report = await verifyLines(lines, await notesOf(lines, [20, 40]), {
      trustedCheckpoint: last,
    });
    expect(report.verified).toBe(true);
    expect(report.checkpoints).toMatchObject([
      { size: 20, trusted: false, signed: false },
      { size: 40, trusted: true, signed: false },
    ]);
    expect(report.unknown[0]).toContain("The verdict rests on the trusted checkpoint alone");
    const text = last.slice(0, last.indexOf("\n\n") + 1);
    for (const trustedCheckpoint of [text, text.trimEnd()])
      expect((await verifyLines(lines, "", { trustedCheckpoint })).verified).toBe(true);
  });

  test("smaller than the log covers its part; larger, it finds the cut; diverging, the other history", async () => {
    const smaller = await verifyLines(lines, "", {
      trustedCheckpoint: await noteOf(lines, 25),
      coveredOnly: true,
    });
    expect(smaller).toMatchObject({ verified: true, covered: 25, entries: 40 });
    const larger = await verifyLines(lines.slice(0, 30), await noteOf(lines, 30), {
      keys: [VKEY],
      trustedCheckpoint: last,
    });
    expect(larger.problems).toMatchObject([{ code: "truncated", from: 30, to: 39 }]);
    expect(verdicts(larger)).toBe("verified failed verified");
    const forked = forkedAt(30);
    const diverging = await verifyLines(forked, await noteOf(forked, 35), {
      keys: [VKEY],
      trustedCheckpoint: last,
    });
    expect(diverging.problems).toMatchObject([{ code: "root_mismatch", from: 35, to: 39 }]);
    const split = await verifyLines(forked, await noteOf(forked, 40), {
      keys: [VKEY],
      trustedCheckpoint: last,
    });
    expect(split.problems[0]?.code).toBe("fork");
  });

  test("is checked by the keys where there are some", async () => {
    const unsigned = await noteOf(lines, 40, { keys: [stranger] });
    const report = await verifyLines(lines, "", { keys: [VKEY], trustedCheckpoint: unsigned });
    expect(verdicts(report)).toBe("verified verified failed");
    expect(codes(report)).toEqual(["no_valid_signature"]);
    // The evidence may hold the signature for what the auditor kept.
    const signed = await verifyLines(lines, last, { keys: [VKEY], trustedCheckpoint: unsigned });
    expect(signed.verified).toBe(true);
  });

  test("counts beside others: each that contradicts the entries is found", async () => {
    const [at20, at40] = await Promise.all([noteOf(lines, 20), noteOf(lines, 40)]);
    const other = await noteOf(forkedAt(10), 20);
    const all = await verifyLines(lines, "", { trustedCheckpoint: [at20, at40] });
    expect(all).toMatchObject({ verified: true, covered: 40, checkpointCount: 2 });
    for (const trustedCheckpoint of [
      [other, at40],
      [at40, other],
    ]) {
      const report = await verifyLines(lines, "", { trustedCheckpoint });
      expect(report.verified).toBe(false);
      expect(codes(report)).toContain("fork");
    }
    expect((await verifyLines(lines, at40, { trustedCheckpoint: [] })).verified).toBe(false);
  });

  test("is checked by the keys beside others that they signed", async () => {
    const unsigned = await noteOf(lines, 20, { keys: [stranger] });
    const trustedCheckpoint = [unsigned, last];
    const report = await verifyLines(lines, "", { keys: [VKEY], trustedCheckpoint });
    expect(codes(report)).toEqual(["no_valid_signature"]);
    const signed = await noteOf(lines, 20);
    const complete = await verifyLines(lines, signed, { keys: [VKEY], trustedCheckpoint });
    expect(complete.verified).toBe(true);
  });

  test("of another log than the lines is a failure", async () => {
    const report = await verifyLines(linesOf(5, "votes.example/other"), "", {
      trustedCheckpoint: last,
    });
    expect(codes(report)).toEqual(["other_log", "truncated"]);
    expect(report.verified).toBe(false);
  });
});

test("options that cannot work are refused", async () => {
  const refusals: [object, string][] = [
    [{ key: VKEY }, "invalid_options"],
    [{ keys: VKEY }, "invalid_options"],
    [{ keys: [7] }, "invalid_options"],
    [{ keys: [{ vkey: VKEY, notBefore: "2026" }] }, "invalid_options"],
    [{ keys: [{ vkey: VKEY, notAfter: new Date(Number.NaN) }] }, "invalid_options"],
    [{ keys: ["no key"] }, "invalid_evidence"],
    [{ trustedCheckpoint: "no checkpoint" }, "invalid_evidence"],
    [{ trustedCheckpoint: `${last}x` }, "invalid_evidence"],
    [{ trustedCheckpoint: 7 }, "invalid_options"],
    [{ trustedCheckpoint: [last, 7] }, "invalid_options"],
    [{ origin: 7 }, "invalid_options"],
  ];
  for (const [options, code] of refusals)
    await expect(verifyLines(lines, last, options)).rejects.toMatchObject({
      name: "AuditError",
      code,
    });
});

test.runIf(HAS_ML_DSA)("a pruning is held against the times of signed checkpoints", async () => {
  const key = newKey(ORIGIN, "ml-dsa-44");
  const all = linesOf(40);
  const notes = await Promise.all(
    [10, 40].map((size) => noteOf(all, size, { keys: [key], timeMillis: START + size * 1000 })),
  );
  const items = (recordedBefore: string): EvidenceItem[] => [
    ...all.slice(0, 20).map((line, sequence) => ({
      kind: "pruned" as const,
      sequence,
      leafHash: Buffer.from(leafHashOf(line)).toString("hex"),
      recordedBefore,
    })),
    ...itemsOf(all.slice(20)),
    ...notes.map((note) => ({ kind: "checkpoint" as const, note })),
  ];
  const judged = (recordedBefore: string) =>
    verify(sourceOf(items(recordedBefore)), {
      keys: [key.verifierKey.vkey],
      acceptPruned: 20,
    });
  expect(await judged(new Date(START + 20_000).toISOString())).toMatchObject({ verified: true });
  const untrue = await judged(new Date(START - 86_400_000).toISOString());
  expect(untrue.problems).toMatchObject([{ code: "source_problem", sequence: 10 }]);
  expect(untrue).toMatchObject({ verified: false, integrity: "failed" });
});
