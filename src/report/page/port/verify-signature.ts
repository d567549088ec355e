import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { ALGORITHMS, type VerifierKey } from "../../../integrity/keys/verifier-key.js";

const { Point } = ed25519;
const { ORDER } = Point.Fn;

/**
 * Does in a browser what `integrity/keys/verify-signature.ts` does in Node. No algorithm is
 * missing here, so nothing is `unchecked`.
 *
 * WebCrypto answers in promises, lacks ML-DSA-44, and browsers differ in which odd keys they take.
 * These libraries answer alike in every browser.
 */
export function verifySignature(
  { algorithm, publicKey }: VerifierKey,
  message: Uint8Array,
  signature: Uint8Array,
): "valid" | "invalid" | "unchecked" {
  if (signature.length !== ALGORITHMS[algorithm].signatureBytes) return "invalid";
  const isValid =
    algorithm === "ed25519"
      ? isSignedByEd25519(publicKey, message, signature)
      : ml_dsa44.verify(signature, message, publicKey);
  return isValid ? "valid" : "invalid";
}

/**
 * Verifies as OpenSSL does: without the cofactor, by comparing the encoded R (RFC 8032 section
 * 5.1.7). `ed25519.verify` multiplies by the cofactor. Then a key or an R with a part of small
 * order would be judged another way here than in Node.
 */
function isSignedByEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encodedR = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= ORDER) return false;
  const key = pointOf(publicKey);
  if (key === undefined) return false;
  const input = new Uint8Array(64 + message.length);
  input.set(encodedR);
  input.set(publicKey, 32);
  input.set(message, 64);
  const challenge = littleEndian(sha512(input)) % ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge)).toBytes();
  return expected.every((byte, at) => byte === encodedR[at]);
}

/** The point of a public key. Like OpenSSL, this takes a y of 2^255 - 19 or more. */
function pointOf(publicKey: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(Uint8Array.from(publicKey), true);
  } catch {
    return undefined; // not on the curve
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
