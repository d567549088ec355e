import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generateKeys } from "../../../src/integrity/keys/key-generation.js";
import { signingKeyOf } from "../../../src/integrity/keys/signing-key.js";
import type { KeyAlgorithm } from "../../../src/integrity/keys/verifier-key.js";
import { parseVerifierKey, verifierKeyOf } from "../../../src/integrity/keys/verifier-key.js";
import { ed25519Of, HAS_ML_DSA, refused, vkeyText } from "../../fixtures/signed-notes.js";

/** Written by golang.org/x/mod/sumdb/note for the secret of 32 bytes 0x01. */
const GO_VKEY = "example.com/audit+d67c3fea+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

/** RFC 8032 section 5.1: the field, and the constant d of the curve. */
const P = 2n ** 255n - 19n;
const D = mod(-121665n * power(121666n, P - 2n));

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

/** A square root, if there is one (RFC 8032 section 5.1.3). */
function root(value: bigint): bigint | undefined {
  const candidate = power(value, (P + 3n) / 8n);
  const roots = [candidate, mod(candidate * power(2n, (P - 1n) / 4n))];
  return roots.find((x) => mod(x * x) === mod(value));
}

/**
 * All encodings of points whose order divides 8. The y of a point of order 8 solves
 * y^4 d + 2 y^2 - 1 = 0, which says that its double has y = 0.
 */
function smallOrderEncodings(): Buffer[] {
  const inverseD = power(D, P - 2n);
  const rootOf = (value: bigint): bigint[] => {
    const found = root(value);
    return found === undefined ? [] : [found, mod(-found)];
  };
  const eighth = rootOf(1n + D).flatMap((x) => rootOf(mod((x - 1n) * inverseD)));
  const ys = [0n, 1n, P - 1n, P, P + 1n, ...eighth];
  return ys.flatMap((y) =>
    [0n, 1n].map((sign) => {
      const hex = (y + (sign << 255n)).toString(16).padStart(64, "0");
      return Buffer.from(hex, "hex").reverse();
    }),
  );
}

describe("a verifier key", () => {
  test("is what Go makes of the same key", () => {
    const { privateKey, publicKey } = ed25519Of(1);
    const key = verifierKeyOf("example.com/audit", createPublicKey(privateKey));
    expect(key).toEqual({
      name: "example.com/audit",
      algorithm: "ed25519",
      type: 0x01,
      id: 0xd67c3fea,
      publicKey,
      vkey: GO_VKEY,
    });
    expect(parseVerifierKey(GO_VKEY)).toEqual(key);
  });

  test.each([
    [0x01, "ed25519", 32],
    [0x04, "ed25519", 32],
    [0x06, "ml-dsa-44", 1312],
  ])("of type %i is read as %s", (type, algorithm, bytes) => {
    const vkey = vkeyText("example.com/näme", type, Buffer.alloc(bytes, 7));
    const key = parseVerifierKey(vkey);
    expect(key).toMatchObject({ name: "example.com/näme", type, algorithm, vkey });
    expect(key.publicKey).toEqual(Buffer.alloc(bytes, 7));
  });

  test.each([
    ["nothing", ""],
    ["a name alone", "example.com/audit"],
    ["no name", GO_VKEY.replace("example.com/audit", "")],
    ["another name", GO_VKEY.replace("audit", "other")],
    ["a name with white space", vkeyText("a b", 1, Buffer.alloc(32))],
    ["a line end behind it", `${GO_VKEY}\n`],
    ["another key id", GO_VKEY.replace("d67c", "d67d")],
    ["a key id in capitals", GO_VKEY.replace("d67c3fea", "D67C3FEA")],
    ["a short key id", GO_VKEY.replace("d67c3fea", "d67c3fe")],
    ["a changed key", GO_VKEY.replace("AYqI", "AYqJ")],
    ["no key", vkeyText("a", 1, Buffer.alloc(0))],
    ["a key that is too short", vkeyText("a", 1, Buffer.alloc(31))],
    ["a key that is too long", vkeyText("a", 6, Buffer.alloc(1313))],
    ["a key of another type", vkeyText("a", 2, Buffer.alloc(32))],
    ["a key for URLs", GO_VKEY.replaceAll("/V", "_V")],
  ])("is not read from %s", (_, vkey) => {
    expect(refused(() => parseVerifierKey(vkey))).toMatchObject({ code: "invalid_evidence" });
  });

  test("is not read where its point has a small order, so that one signature is valid for all", () => {
    const small = smallOrderEncodings();
    expect(small).toHaveLength(14);
    for (const publicKey of small)
      for (const type of [0x01, 0x04]) {
        const vkey = vkeyText("example.com/audit", type, publicKey);
        expect(refused(() => parseVerifierKey(vkey)).message).toContain("small order");
      }
  });

  test("is not made of a name or a key that it cannot have", () => {
    const publicKey = createPublicKey(ed25519Of(1).privateKey);
    expect(refused(() => verifierKeyOf("a+b", publicKey))).toMatchObject({ field: "name" });
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    expect(refused(() => verifierKeyOf("a", other))).toMatchObject({
      code: "invalid_options",
      field: "publicKey",
    });
  });
});

describe("generated keys", () => {
  test.each<KeyAlgorithm>(HAS_ML_DSA ? ["ed25519", "ml-dsa-44"] : ["ed25519"])(
    "of %s belong together, and differ each time",
    (algorithm) => {
      const { privateKeyPem, vkey } = generateKeys("example.com/audit", algorithm);
      expect(privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
      expect(signingKeyOf("example.com/audit", privateKeyPem).verifierKey).toEqual(
        parseVerifierKey(vkey),
      );
      expect(parseVerifierKey(vkey)).toMatchObject({ algorithm, name: "example.com/audit" });
      expect(generateKeys("example.com/audit", algorithm).vkey).not.toBe(vkey);
    },
  );

  test("are not made for a name or an algorithm that there is not", () => {
    expect(refused(() => generateKeys("a b", "ed25519"))).toMatchObject({
      code: "invalid_options",
      field: "name",
    });
    for (const algorithm of ["rsa", "nonsense", "ml-dsa-44 "]) {
      const made = () => generateKeys("a", algorithm as KeyAlgorithm);
      expect(refused(made)).toMatchObject({ code: "invalid_options", field: "algorithm" });
    }
  });
});
