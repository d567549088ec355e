import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkSignatures } from "../../src/integrity/check-signatures.js";
import { checkpointText } from "../../src/integrity/checkpoint.js";
import { remoteSigningKey } from "../../src/integrity/keys/signing-key.js";
import { parseVerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { parseNote } from "../../src/integrity/note/signed-note.js";
import { signCheckpoint } from "../../src/integrity/sign-checkpoint.js";
import { runs } from "../fixtures/long-runs.js";
import {
  HAS_ML_DSA,
  newKey,
  ORIGIN,
  ROOT,
  signatureLine,
  TIME,
  u64,
  vkeyText,
} from "../fixtures/signed-notes.js";

const SECONDS = Math.floor(TIME / 1000);

/** The cosigned_message of tlog-cosignature v1.1.0-rc.1, field by field. */
function cosignedMessage(
  name: string,
  seconds: number,
  origin: string,
  size: number,
  root: Uint8Array,
): Buffer {
  const prefixed = (text: string) => Buffer.from([Buffer.byteLength(text), ...Buffer.from(text)]);
  return Buffer.concat([
    Buffer.from([0x73, 0x75, 0x62, 0x74, 0x72, 0x65, 0x65, 0x2f, 0x76, 0x31, 0x0a, 0x00]), // subtree/v1
    prefixed(name),
    u64(seconds),
    prefixed(origin),
    u64(0),
    u64(size),
    root,
  ]);
}

if (!HAS_ML_DSA)
  console.warn("!!! SKIPPED: signing and verifying with ML-DSA-44: this Node has none, 24 has");

const noble = ml_dsa44.keygen(new Uint8Array(32).fill(9));

describe("ML-DSA-44 of @noble/post-quantum", () => {
  test.runIf(HAS_ML_DSA)("verifies what a key of Node signed", async () => {
    const key = newKey(ORIGIN, "ml-dsa-44");
    const options = { origin: ORIGIN, size: 1234, root: ROOT, keys: [key], timeMillis: TIME };
    const [line] = parseNote((await signCheckpoint(options)).note).signatures;
    const signature = Uint8Array.from(line?.signature.subarray(8) ?? []);
    const { publicKey } = key.verifierKey;
    const message = cosignedMessage(ORIGIN, SECONDS, ORIGIN, 1234, ROOT);
    expect(ml_dsa44.verify(signature, message, publicKey)).toBe(true);
    expect(ml_dsa44.verify(signature, message.subarray(1), publicKey)).toBe(false);
  });

  test.runIf(HAS_ML_DSA)("makes what is valid here, of any log, size and time", () => {
    const name = fc.stringMatching(/^[a-z0-9./é-]{1,100}$/);
    fc.assert(
      fc.property(name, name, fc.maxSafeNat(), fc.nat(), (origin, cosigner, size, seconds) => {
        const key = parseVerifierKey(vkeyText(cosigner, 0x06, noble.publicKey));
        const message = cosignedMessage(cosigner, seconds, origin, size, ROOT);
        const line = signatureLine(key, u64(seconds), ml_dsa44.sign(message, noble.secretKey));
        const note = `${checkpointText(origin, size, ROOT)}\n${line}`;
        const kind = cosigner === origin ? "log" : "cosignature";
        expect(checkSignatures(note, [{ key }])).toMatchObject([{ status: "valid", kind }]);
        const wrong = `${checkpointText(origin, size === 0 ? 1 : size - 1, ROOT)}\n${line}`;
        expect(checkSignatures(wrong, [{ key }])).toMatchObject([{ status: "invalid" }]);
      }),
      { numRuns: runs(15) },
    );
  });

  test("can be the remote signer of a checkpoint, on any Node", async () => {
    const key = remoteSigningKey({
      verifierKey: vkeyText(ORIGIN, 0x06, noble.publicKey),
      sign: async (message) => ml_dsa44.sign(Uint8Array.from(message), noble.secretKey),
    });
    const options = { origin: ORIGIN, size: 7, root: ROOT, keys: [key], timeMillis: TIME };
    const { note } = await signCheckpoint(options);
    const status = HAS_ML_DSA ? "valid" : "unchecked";
    expect(checkSignatures(note, [{ key: key.verifierKey }])).toMatchObject([
      { status, kind: "log" },
    ]);
  });
});
