import { generateKeyPairSync, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256, sha256Hex, sha256Into } from "../../src/entry/sha256.js";
import { ALGORITHMS, type VerifierKey } from "../../src/integrity/keys/verifier-key.js";
import { verifySignature } from "../../src/integrity/keys/verify-signature.js";
import { type Bytes, Buffer as Twin } from "../../src/report/page/port/buffer.js";
import * as twin from "../../src/report/page/port/sha256.js";
import { verifySignature as verifyInBrowser } from "../../src/report/page/port/verify-signature.js";
import { runs } from "../fixtures/long-runs.js";
import { HAS_ML_DSA } from "../fixtures/signed-notes.js";

const text = fc.string({ unit: "binary", maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 });
const { Point } = ed25519;
const { ORDER } = Point.Fn;

const keyOf = (publicKey: Uint8Array, algorithm: VerifierKey["algorithm"] = "ed25519") =>
  ({ algorithm, publicKey }) as VerifierKey;

/** What Node and the browser say. */
function both(key: VerifierKey, message: Uint8Array, signature: Uint8Array): string {
  const verdicts = [
    verifySignature(key, message, signature),
    verifyInBrowser(key, message, signature),
  ];
  expect(verdicts[1]).toBe(verdicts[0]);
  return verdicts[0] as string;
}

const littleEndian = (input: Uint8Array): bigint =>
  input.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

function bytesOfNumber(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * at)) & 0xffn));
}

/** A point of order eight, which a key or an R can have as a part. */
const TORSION = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

/** A signature with a key and an R of which each has a part of small order, or not. */
function signedWithParts(message: Uint8Array, secret: bigint, [inKey, inR]: [bigint, bigint]) {
  const part = (times: bigint) => (times === 0n ? Point.ZERO : TORSION.multiplyUnsafe(times));
  const publicKey = Point.BASE.multiply(secret).add(part(inKey)).toBytes();
  const nonce = (secret * 7n + 5n) % ORDER;
  const encodedR = Point.BASE.multiply(nonce).add(part(inR)).toBytes();
  const challenge = littleEndian(sha512(Buffer.concat([encodedR, publicKey, message]))) % ORDER;
  const s = (nonce + challenge * secret) % ORDER;
  return { publicKey, s, signature: Buffer.concat([encodedR, bytesOfNumber(s)]) };
}

describe("what hashes in the browser", () => {
  test("gives the hashes of Node, of any text and any bytes", () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes), (input) => {
        expect(twin.sha256Hex(input)).toBe(sha256Hex(input));
        expect(Uint8Array.from(twin.sha256(input))).toEqual(Uint8Array.from(sha256(input)));
        const into = [Buffer.alloc(40, 7), Buffer.alloc(40, 7)] as const;
        const content = Buffer.from(input as string);
        sha256Into(content, into[0], 5);
        twin.sha256Into(content, into[1], 5);
        expect(into[1]).toEqual(into[0]);
        expect(into[0].subarray(5, 37)).toEqual(Buffer.from(sha256(content)));
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("what verifies signatures in the browser", () => {
  test("answers as Node about true signatures, and about ones with a changed bit", () => {
    fc.assert(
      fc.property(bytes, fc.nat(511), fc.boolean(), (message, bit, isChanged) => {
        const { privateKey, publicKey } = generateKeyPairSync("ed25519");
        const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
        const signature = sign(null, message, privateKey);
        if (isChanged) signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(both(keyOf(raw), message, signature)).toBe(isChanged ? "invalid" : "valid");
      }),
      { numRuns: runs(60) },
    );
  });

  test("answers as Node about keys, points and numbers that no signer would make", () => {
    const secret = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const order = fc.bigInt({ min: 0n, max: 7n });
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        bytes,
        secret,
        fc.tuple(order, order),
        fc.boolean(),
        (message, d, parts, large) => {
          const made = signedWithParts(message, d, parts);
          const signature = Uint8Array.from(made.signature);
          if (large) signature.set(bytesOfNumber(made.s + ORDER), 32);
          seen.add(both(keyOf(made.publicKey), message, signature));
        },
      ),
      {
        numRuns: runs(60),
        examples: [
          [Uint8Array.of(1), 5n, [0n, 0n], false],
          [Uint8Array.of(1), 5n, [0n, 0n], true],
        ],
      },
    );
    expect([...seen].sort()).toEqual(["invalid", "valid"]);
    fc.assert(
      fc.property(
        bytes,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (message, key, signature) => both(keyOf(key), message, signature) === "invalid",
      ),
      { numRuns: runs(60) },
    );
  });

  test("refuses a signature of a wrong length", () => {
    for (const algorithm of ["ed25519", "ml-dsa-44"] as const) {
      const { publicKeyBytes, signatureBytes } = ALGORITHMS[algorithm];
      const key = keyOf(new Uint8Array(publicKeyBytes), algorithm);
      expect(verifyInBrowser(key, Uint8Array.of(1), new Uint8Array(signatureBytes - 1))).toBe(
        "invalid",
      );
    }
  });

  test.runIf(HAS_ML_DSA)("answers as Node about ML-DSA-44", () => {
    const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(3));
    fc.assert(
      fc.property(bytes, fc.nat(2419), fc.boolean(), (message, at, isChanged) => {
        const signature = ml_dsa44.sign(message, secretKey);
        if (isChanged) signature[at] = (signature[at] ?? 0) ^ 1;
        both(keyOf(publicKey, "ml-dsa-44"), message, signature);
      }),
      { numRuns: runs(10) },
    );
  });
});

describe("what stands for Node's Buffer in the browser", () => {
  test("reads and writes texts as it does, and has no bytes for a text that is not one", () => {
    fc.assert(
      fc.property(text, bytes, (some, input) => {
        for (const encoding of ["utf8", "hex", "base64"] as const) {
          const [node, browser] = [Buffer.from(input), Twin.from(input)];
          expect(browser.toString(encoding)).toBe(node.toString(encoding));
          const round = Twin.from(some, encoding).toString(encoding);
          const same = Buffer.from(some, encoding).toString(encoding) === some;
          expect(round === some).toBe(same);
        }
        expect(Twin.byteLength(some)).toBe(Buffer.byteLength(some));
        expect([...Twin.from(some)]).toEqual([...Buffer.from(some)]);
      }),
      { numRuns: runs(300) },
    );
  });

  test("compares, joins, cuts and counts as it does", () => {
    fc.assert(
      fc.property(bytes, bytes, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (a, b, number) => {
        expect(Twin.compare(a, b)).toBe(Buffer.compare(a, b));
        expect(Twin.from(a).equals(b)).toBe(Buffer.from(a).equals(b));
        expect([...Twin.concat([a, b])]).toEqual([...Buffer.concat([a, b])]);
        const cut = Twin.from(a).subarray(1, 9) as Bytes;
        expect(cut.toString("hex")).toBe(Buffer.from(a).subarray(1, 9).toString("hex"));
        const [node, browser] = [Buffer.alloc(12, 1), Twin.alloc(12, 1)];
        for (const made of [node, browser]) {
          made.writeBigUInt64BE(number);
          made.writeUInt32BE(Number(number >> 32n), 8);
          made.write("0aff", 3, "hex");
        }
        expect([...browser]).toEqual([...node]);
        expect(browser.readBigUInt64BE()).toBe(node.readBigUInt64BE());
        expect(browser.readUInt32BE(4)).toBe(node.readUInt32BE(4));
      }),
      { numRuns: runs(200) },
    );
  });
});
