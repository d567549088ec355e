import { beforeAll, describe, expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import { parseCheckpoint } from "../../src/integrity/checkpoint.js";

import { inclusionProof, rootOf } from "../../src/integrity/merkle/merkle-proofs.js";
import { verifyInclusion } from "../../src/integrity/merkle/verify-proofs.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import { formatTlogProof, parseTlogProof } from "../../src/integrity/tlog-proof.js";
import { readerOf } from "../fixtures/naive-tree.js";
import { newKey, ORIGIN, refused, TIME } from "../fixtures/signed-notes.js";

const LINES = Array.from({ length: 11 }, (_, index) => `{"seq":${index},"title":"Ünï — ${index}"}`);
const reader = readerOf(LINES.map(leafHashOf));
const PROOF = inclusionProof(6, LINES.length, reader);
const base64 = PROOF.map((hash) => Buffer.from(hash).toString("base64"));
const line = LINES[6] as string;

let checkpoint = "";
beforeAll(async () => {
  const options = {
    origin: ORIGIN,
    size: LINES.length,
    root: rootOf(LINES.length, reader),
    timeMillis: TIME,
  };
  ({ note: checkpoint } = await signCheckpoint({ ...options, keys: [newKey()] }));
});

describe("a tlog-proof", () => {
  test("is the text of the specification", () => {
    const proof = { index: 6, proof: PROOF, checkpoint };
    const rest = `index 6\n${base64.join("\n")}\n\n${checkpoint}`;
    expect(formatTlogProof(proof)).toBe(`c2sp.org/tlog-proof@v1\n${rest}`);
    const extra = Buffer.from(line);
    expect(formatTlogProof({ ...proof, extra })).toBe(
      `c2sp.org/tlog-proof@v1\nextra ${extra.toString("base64")}\n${rest}`,
    );
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
    expect(parseTlogProof(formatTlogProof({ ...proof, extra }))).toEqual({ ...proof, extra });
  });

  test("verifies by itself with the line in it", () => {
    const text = formatTlogProof({ index: 6, proof: PROOF, checkpoint, extra: Buffer.from(line) });
    const { index, proof, extra = Buffer.alloc(0), checkpoint: note } = parseTlogProof(text);
    const { size, rootHash } = parseCheckpoint(note);
    const check = { index, size, proof, root: Buffer.from(rootHash, "hex") };
    expect(verifyInclusion({ ...check, leafHash: leafHashOf(extra) })).toBe(true);
    expect(verifyInclusion({ ...check, leafHash: leafHashOf(LINES[5] as string) })).toBe(false);
  });

  test("of the only entry has no hashes", () => {
    const text = formatTlogProof({ index: 0, proof: [], checkpoint });
    expect(text.startsWith(`c2sp.org/tlog-proof@v1\nindex 0\n\n${ORIGIN}\n`)).toBe(true);
    expect(parseTlogProof(text)).toEqual({ index: 0, proof: [], checkpoint });
  });

  test.each<[string, (text: string) => string]>([
    ["nothing", () => ""],
    ["another version", (text) => text.replace("@v1", "@v2")],
    ["no index", (text) => text.replace("index 6\n", "")],
    ["an index with a leading zero", (text) => text.replace("index 6", "index 06")],
    ["a negative index", (text) => text.replace("index 6", "index -6")],
    ["an index beyond 2^53", (text) => text.replace("index 6", "index 9007199254740992")],
    ["two spaces", (text) => text.replace("index 6", "index  6")],
    ["an empty extra line", (text) => text.replace("index", "extra \nindex")],
    ["an extra line that is no base64", (text) => text.replace("index", "extra ?\nindex")],
    ["two extra lines", (text) => text.replace("index", "extra AAAA\nextra AAAA\nindex")],
    ["the extra line behind the index", (text) => text.replace("index 6", "index 6\nextra AAAA")],
    ["a hash that is cut", (text) => text.replace(base64[1] as string, "AAAA")],
    ["a hash for URLs", (text) => text.replace(base64[1] as string, `${"_".repeat(43)}=`)],
    ["54 hashes", (text) => text.replace("\n\n", `${`\n${base64[0]}`.repeat(54)}\n\n`)],
    ["carriage returns", (text) => text.replaceAll("\n", "\r\n")],
    ["no empty line", (text) => text.replace("\n\n", "\n")],
    ["no checkpoint", (text) => text.slice(0, text.indexOf("\n\n") + 2)],
    ["a checkpoint without signatures", (text) => text.slice(0, text.indexOf("—"))],
    ["something behind the checkpoint", (text) => `${text}more\n`],
  ])("is not read from %s", (_, change) => {
    const text = formatTlogProof({ index: 6, proof: PROOF, checkpoint });
    expect(refused(() => parseTlogProof(change(text)))).toMatchObject({ code: "invalid_evidence" });
  });

  test("is refused by its length before a hash is decoded", () => {
    const text = formatTlogProof({ index: 6, proof: [], checkpoint });
    const long = text.replace("\n\n", `${"\nnot a hash".repeat(54)}\n\n`);
    expect(refused(() => parseTlogProof(long)).message).toContain("at most 53 hashes");
  });
});
