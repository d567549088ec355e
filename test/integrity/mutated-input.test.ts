import { sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafHashOf } from "../../src/entry/line.js";
import { AuditError } from "../../src/errors.js";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { checkpointText, parseCheckpoint } from "../../src/integrity/checkpoint.js";
import { formatBundle, parseBundle } from "../../src/integrity/evidence-bundle.js";
import { remoteSigningKey } from "../../src/integrity/keys/signing-key.js";
import { parseVerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { formatNote, parseNote } from "../../src/integrity/note/signed-note.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import { formatTlogProof, parseTlogProof } from "../../src/integrity/tlog-proof.js";
import { runs } from "../fixtures/long-runs.js";
import { ed25519Of, ORIGIN, ROOT, TIME, vkeyText } from "../fixtures/signed-notes.js";

const { publicKey } = ed25519Of(1);
const VKEYS = [0x01, 0x04].map((type) => vkeyText(ORIGIN, type, publicKey));
const MLDSA_VKEY = vkeyText(ORIGIN, 0x06, Buffer.alloc(1312, 7));
const KEYS = [...VKEYS, MLDSA_VKEY].map((vkey) => ({
  key: parseVerifierKey(vkey),
  notAfter: new Date(0),
}));
const SIGNATURES = KEYS.map(({ key }, at) => ({
  name: ORIGIN,
  id: key.id,
  signature: Buffer.alloc([64, 72, 2428][at] ?? 0, 5),
}));
const NOTE = formatNote(checkpointText(ORIGIN, 5, ROOT), SIGNATURES);
const PROOF = [ROOT, leafHashOf("x")];
const TLOG_PROOF = formatTlogProof({
  index: 3,
  proof: PROOF,
  checkpoint: NOTE,
  extra: Buffer.from("{}"),
});
const BUNDLE = formatBundle({
  origin: ORIGIN,
  checkpoint: NOTE,
  entries: [{ sequence: 3, line: "{}", proof: PROOF }],
});

/** What a parser may stumble over. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."\n|\n\n|\0|\r\n| |— |+|=|==|-|0|/|index |extra |\ud800|é|9007199254740993|1e3|__proto__".split(
      "|",
    ),
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);

/** Cuts a part out of a text and puts another in, up to four times; most of it stays. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(text.length), fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)), piece), {
      minLength: 1,
      maxLength: 4,
    })
    .map((edits) =>
      edits.reduce(
        (now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length),
        text,
      ),
    );

/** Short texts are mutated everywhere; of a note most characters are those of the largest signature. */
const anyOf = (...texts: string[]) =>
  fc.oneof(...texts.map(mutated), fc.string({ unit: "binary" }), fc.constantFrom(...texts));

const SMALL_NOTE = formatNote(checkpointText(ORIGIN, 5, ROOT), SIGNATURES.slice(0, 2));

describe("whatever is put into a text, nothing is thrown but invalid_evidence", () => {
  test.each<[string, (text: string) => unknown, fc.Arbitrary<string>]>([
    ["parseNote", parseNote, anyOf(NOTE, SMALL_NOTE)],
    ["parseCheckpoint", parseCheckpoint, anyOf(NOTE, SMALL_NOTE)],
    ["checkSignatures", (note) => checkSignatures(note, KEYS), anyOf(NOTE, SMALL_NOTE)],
    ["parseVerifierKey", parseVerifierKey, anyOf(...VKEYS, MLDSA_VKEY)],
    ["parseTlogProof", parseTlogProof, anyOf(TLOG_PROOF, TLOG_PROOF.replace(NOTE, SMALL_NOTE))],
    ["parseBundle", parseBundle, fc.oneof(anyOf(BUNDLE), fc.json())],
  ])("%s", (_, parse, input) => {
    let refusals = 0;
    let calls = 0;
    fc.assert(
      fc.property(input, (text) => {
        calls++;
        try {
          parse(text);
        } catch (error) {
          refusals++;
          expect(error).toBeInstanceOf(AuditError);
          expect((error as AuditError).code).toBe("invalid_evidence");
        }
      }),
      { numRuns: runs(2000) },
    );
    expect(refusals).toBeGreaterThan(0);
    expect(refusals).toBeLessThan(calls);
  });

  test("parseBundle, with any value at any place", () => {
    const places = ["format", "version", "origin", "checkpoint", "entries"];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(3), fc.jsonValue(), (place, depth, value) => {
        const json = JSON.parse(BUNDLE);
        if (place !== "entries" || depth === 0) json[place] = value;
        else if (depth === 1) json.entries[0] = value;
        else json.entries[0][depth === 2 ? "proof" : "line"] = value;
        try {
          parseBundle(JSON.stringify(json));
        } catch (error) {
          expect((error as AuditError).code).toBe("invalid_evidence");
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  test("a signature is valid for no other text than the signed one", async () => {
    const { privateKey } = ed25519Of(1);
    const keys = VKEYS.map((verifierKey) =>
      remoteSigningKey({ verifierKey, sign: async (message) => sign(null, message, privateKey) }),
    );
    const options = { origin: ORIGIN, size: 5, root: ROOT, timeMillis: TIME };
    const { note } = await signCheckpoint({ ...options, keys });
    const trusted = keys.map(({ verifierKey }) => ({ key: verifierKey }));
    expect(checkSignatures(note, trusted)).toMatchObject([
      { status: "valid" },
      { status: "valid" },
    ]);
    const { text } = parseNote(note);
    // most of a note is signatures, so its text is mutated apart too
    const ofText = mutated(text).map((changed) => changed + note.slice(text.length));
    let others = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(note), ofText), (changed) => {
        let valid = false;
        try {
          valid = checkSignatures(changed, trusted).some(({ status }) => status === "valid");
          if (parseNote(changed).text === text) return;
          others++;
        } catch (error) {
          expect((error as AuditError).code).toBe("invalid_evidence");
        }
        expect(valid).toBe(false);
      }),
      { numRuns: runs(2000) },
    );
    expect(others).toBeGreaterThan(0);
  });
});
