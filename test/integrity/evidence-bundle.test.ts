import { beforeAll, describe, expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import { parseCheckpoint } from "../../src/integrity/checkpoint.js";
import {
  type EvidenceBundle,
  formatBundle,
  formatSharedBundle,
  parseBundle,
} from "../../src/integrity/evidence-bundle.js";

import {
  inclusionProof,
  rootOf,
  sharedProofRanges,
} from "../../src/integrity/merkle/merkle-proofs.js";
import { verifyInclusion } from "../../src/integrity/merkle/verify-proofs.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import { readerOf, treeHash } from "../fixtures/naive-tree.js";
import { newKey, ORIGIN, refused, TIME } from "../fixtures/signed-notes.js";

const LINES = Array.from(
  { length: 9 },
  (_, index) => `{"seq":${index},"title":"Ünï\u2028 — ${index}"}`,
);
const reader = readerOf(LINES.map(leafHashOf));
const entryOf = (sequence: number) => ({
  sequence,
  line: LINES[sequence] as string,
  proof: inclusionProof(sequence, LINES.length, reader),
});

let bundle: EvidenceBundle;
beforeAll(async () => {
  const options = {
    origin: ORIGIN,
    size: LINES.length,
    root: rootOf(LINES.length, reader),
    timeMillis: TIME,
  };
  const { note } = await signCheckpoint({ ...options, keys: [newKey()] });
  bundle = { origin: ORIGIN, checkpoint: note, entries: [2, 3, 8].map(entryOf) };
});

describe("an evidence bundle", () => {
  test("is JSON with the checkpoint once", () => {
    const json = JSON.parse(formatBundle(bundle));
    expect(Object.keys(json)).toEqual(["format", "version", "origin", "checkpoint", "entries"]);
    expect(json).toMatchObject({
      format: "quorumlog/evidence-bundle",
      version: 1,
      origin: ORIGIN,
      checkpoint: bundle.checkpoint,
    });
    expect(json.entries[0]).toEqual({
      sequence: 2,
      line: LINES[2],
      proof: entryOf(2).proof.map((hash) => Buffer.from(hash).toString("base64")),
    });
  });

  test("is read as it was written, by sequence, and each entry verifies", () => {
    const read = parseBundle(formatBundle({ ...bundle, entries: bundle.entries.toReversed() }));
    expect(read).toEqual(bundle);
    const { size, rootHash } = parseCheckpoint(read.checkpoint);
    for (const { sequence: index, line, proof } of read.entries) {
      const root = Buffer.from(rootHash, "hex");
      expect(verifyInclusion({ index, size, leafHash: leafHashOf(line), proof, root })).toBe(true);
    }
  });

  test("may have no entries", () => {
    expect(parseBundle(formatBundle({ ...bundle, entries: [] })).entries).toEqual([]);
  });

  // biome-ignore lint/suspicious/noExplicitAny: JSON, to be damaged
  test.each<[field: string, damage: string, change: (json: any) => unknown]>([
    ["bundle", "null", () => null],
    ["bundle", "an array", () => []],
    ["bundle", "a missing key", ({ origin: _, ...rest }) => rest],
    ["bundle", "an unknown key", (json) => ({ ...json, more: 1 })],
    [
      "bundle",
      "a key of all objects",
      (json) => JSON.parse(`{"__proto__":1,${JSON.stringify(json).slice(1)}`),
    ],
    ["format", "another format", (json) => ({ ...json, format: "x" })],
    ["version", "another version", (json) => ({ ...json, version: 3 })],
    ["version", "a version as text", (json) => ({ ...json, version: "1" })],
    ["origin", "an origin that is no text", (json) => ({ ...json, origin: 1 })],
    ["origin", "another origin than the checkpoint's", (json) => ({ ...json, origin: "x" })],
    ["checkpoint", "a checkpoint that is no text", (json) => ({ ...json, checkpoint: {} })],
    ["checkpoint", "a checkpoint that is none", (json) => ({ ...json, checkpoint: "x" })],
    ["entries", "entries that are no array", (json) => ({ ...json, entries: {} })],
    [
      "entries[1]",
      "an entry that is no object",
      (json) => ({ ...json, entries: [json.entries[0], 1] }),
    ],
    [
      "entries[0]",
      "an entry with an unknown key",
      (json) => ({ ...json, entries: [{ ...json.entries[0], x: 1 }] }),
    ],
    [
      "entries[1].sequence",
      "a sequence twice",
      (json) => ({ ...json, entries: [json.entries[0], json.entries[0]] }),
    ],
    [
      "entries[0].sequence",
      "a sequence that is none",
      (json) => ({ ...json, entries: [{ ...json.entries[0], sequence: -1 }] }),
    ],
    [
      "entries[0].line",
      "a line with a lone surrogate",
      (json) => ({ ...json, entries: [{ ...json.entries[0], line: "\ud800" }] }),
    ],
    [
      "entries[0].proof",
      "a proof that is no array",
      (json) => ({ ...json, entries: [{ ...json.entries[0], proof: "" }] }),
    ],
    [
      "entries[0].proof[1]",
      "a hash that is cut",
      (json) => ({
        ...json,
        entries: [{ ...json.entries[0], proof: [json.entries[0].proof[0], "AAAA"] }],
      }),
    ],
  ])("names %s for %s", (field, _, change) => {
    const json = JSON.stringify(change(JSON.parse(formatBundle(bundle))));
    expect(refused(() => parseBundle(json))).toMatchObject({ code: "invalid_evidence", field });
  });

  test.each([
    ["an origin", '{"origin":"forged.example",'],
    ["a format with an escape in its name", '{"form\\u0061t":"x",'],
    ["a checkpoint", '{"checkpoint" : "forged",'],
    ["entries", '{"entries":[{"sequence":0,"line":"forged","proof":[]}],'],
  ])("is not read where %s is there twice, with another value first", (_, forged) => {
    const json = formatBundle(bundle).replace("{", () => forged);
    expect(refused(() => parseBundle(json))).toMatchObject({ code: "invalid_evidence" });
  });

  test("is not read where an entry has two lines, the forged one first", () => {
    const json = formatBundle(bundle).replace('"line":', '"line": "forged", "line":');
    expect(refused(() => parseBundle(json))).toMatchObject({ code: "invalid_evidence" });
  });

  test("is refused by the length of a proof before a hash is decoded", () => {
    const json = JSON.parse(formatBundle(bundle));
    json.entries[1].proof = Array(54).fill("not a hash");
    const error = refused(() => parseBundle(JSON.stringify(json)));
    expect(error).toMatchObject({ code: "invalid_evidence", field: "entries[1].proof" });
    expect(error.message).toContain("at most 53 hashes");
  });

  test("may have text that looks like a key in a line", () => {
    const line = String.raw`{"a":"\\","b":"\":"}`;
    const entries = bundle.entries.map((entry) => ({ ...entry, line }));
    expect(parseBundle(formatBundle({ ...bundle, entries })).entries[0]?.line).toBe(line);
  });

  test("is not read from what is no JSON, and nothing of it is repeated", () => {
    const error = refused(() => parseBundle("secret"));
    expect(error).toMatchObject({ code: "invalid_evidence", field: "bundle" });
    expect(`${error.message} ${error.cause}`).not.toContain("secret");
  });
});

describe("a bundle whose entries share a proof", () => {
  const sharedBundle = (sequences: readonly number[], size = LINES.length) => ({
    origin: bundle.origin,
    checkpoint: bundle.checkpoint,
    proof: sharedProofRanges(
      sequences.filter((sequence) => sequence < size),
      size,
    ).map(({ first, end }) => treeHash(LINES.slice(first, end).map(leafHashOf))),
    entries: sequences.map((sequence) => ({ sequence, line: LINES[sequence] ?? "later" })),
  });
  const edited = (change: (json: ReturnType<typeof JSON.parse>) => unknown): string =>
    JSON.stringify(change(JSON.parse(formatSharedBundle(sharedBundle([2, 3, 8])))));

  test("says the same as one with a proof for each", () => {
    const read = parseBundle(formatSharedBundle(sharedBundle([2, 3, 8])));
    expect(read).toEqual(bundle);
  });

  test("is refused by the length of its proof before a hash is decoded", () => {
    const error = refused(() =>
      parseBundle(edited((json) => ({ ...json, proof: Array(3).fill("not a hash") }))),
    );
    expect(error).toMatchObject({ code: "invalid_evidence", field: "proof" });
    expect(error.message).toContain("expected 2 hashes");
  });

  test("has no hash where the checkpoint covers nothing", async () => {
    const options = { origin: ORIGIN, size: 0, root: treeHash([]), timeMillis: TIME };
    const { note: checkpoint } = await signCheckpoint({ ...options, keys: [newKey()] });
    const empty = { origin: ORIGIN, checkpoint, entries: [] };
    expect(parseBundle(formatSharedBundle({ ...empty, proof: [] }))).toEqual(empty);
    const [hash] = bundle.entries[0]?.proof ?? [];
    const json = formatSharedBundle({ ...empty, proof: [hash as Uint8Array] });
    expect(refused(() => parseBundle(json))).toMatchObject({ field: "proof" });
  });

  test("holds each hash once", () => {
    const json = JSON.parse(formatSharedBundle(sharedBundle([2, 3, 8])));
    expect(json.version).toBe(2);
    expect(json.proof).toHaveLength(2);
    expect(json.entries[0]).toEqual({ sequence: 2, line: LINES[2] });
  });

  test("may be a whole log, also with entries after its checkpoint", () => {
    const all = LINES.map((_, index) => index);
    const read = parseBundle(formatSharedBundle(sharedBundle([...all, LINES.length])));
    expect(read.isWhole).toBe(true);
    expect(read.entries).toHaveLength(LINES.length + 1);
    expect(read.entries.every(({ proof }) => proof.length === 0)).toBe(true);
  });

  test.each([
    ["proof", "a hash less", (json) => ({ ...json, proof: json.proof.slice(1) })],
    ["proof", "a hash more", (json) => ({ ...json, proof: [...json.proof, json.proof[0]] })],
    ["proof[0]", "a hash that is cut", (json) => ({ ...json, proof: ["AAAA", json.proof[1]] })],
    ["bundle", "no proof", ({ proof: _, ...json }) => json],
    [
      "entries[0]",
      "a proof in an entry too",
      (json) => ({ ...json, entries: [{ ...json.entries[0], proof: [] }] }),
    ],
    [
      "entries[3].sequence",
      "an entry after the checkpoint, in a part of the log",
      (json) => ({ ...json, entries: [...json.entries, { sequence: 9, line: "later" }] }),
    ],
  ] satisfies [string, string, (json: ReturnType<typeof JSON.parse>) => unknown][])(
    "names %s for %s",
    (field, _, change) => {
      expect(refused(() => parseBundle(edited(change)))).toMatchObject({
        code: "invalid_evidence",
        field,
      });
    },
  );
});
